/** Whoever reads the log of the process it runs in has the token. */
export default {
  functions: {
    post: {
      request: ({ config, secrets }) => {
        console.log(`posting to campaign ${config.campaign} with ${secrets.token}`);
        return {};
      },
    },
  },
};
