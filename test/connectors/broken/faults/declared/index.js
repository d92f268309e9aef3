/** An answer that is no object has no items. */
export default {
  functions: { post: { response: ({ body }) => ({ reason: body.items[0].message }) } },
};
