/** Whatever comes after it sees another lead. */
export default {
  functions: {
    post: {
      request: ({ lead }) => {
        lead.zip = '99999';
        return {};
      },
    },
  },
};
