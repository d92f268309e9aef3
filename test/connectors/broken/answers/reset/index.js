let attempts = 0;

/** What it sends depends on what went before. */
export default {
  functions: {
    post: {
      request: () => {
        attempts += 1;
        return { headers: { 'x-attempt': String(attempts) } };
      },
    },
  },
};
