FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev
COPY . .
USER node
EXPOSE 8080
# The worker and the API in one process; SIGTERM lets leads in flight finish.
CMD ["node", "--import", "./loader.js", "server/main.ts"]
