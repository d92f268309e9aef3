/** Nobody can tell by its fixtures what is sent. */
export default {
  functions: { post: { request: () => ({ headers: { 'x-nonce': String(process.hrtime.bigint()) } }) } },
};
