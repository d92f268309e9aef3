// Lets Node run the TypeScript sources: `node --import ./loader.js server/main.ts`.
// In the main thread only: the worker thread that runs workflows gets a ready bundle, and the compiler's source maps
// would cost it (and every `new Function` of a template) more than the work itself.
import { isMainThread } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

if (isMainThread) {
  register();
  process.setSourceMapsEnabled(false);
}
