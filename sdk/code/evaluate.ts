import * as crypto from 'node:crypto';
import { Script } from 'node:vm';
import type { ConnectorValues } from '../compile.ts';

type Functions = NonNullable<ConnectorValues['functions']>;

/**
 * Runs the script that `bundleCode` made and gives its functions. It runs in this very process, with all that its
 * globals reach: who runs that of others does so in a thread or a process of its own.
 *
 * @throws whatever the script throws; an Error when it exports nothing that `defineConnector()` gives
 */
export function evaluateCode(script: string): Functions {
  const wrapped = new Script(`(function (module, exports, require) {${script}\n})`, { filename: 'index.js' });
  const run = wrapped.runInThisContext() as (
    module: object,
    exports: object,
    require: (name: string) => unknown,
  ) => void;
  const module: { exports: { default?: { functions?: unknown } } } = { exports: {} };
  run(module, module.exports, (name) => {
    if (name === 'node:crypto') return crypto;
    throw new Error(`there is no ${name}`);
  });
  const functions = module.exports.default?.functions;
  if (typeof functions !== 'object' || functions === null) {
    throw new Error('index.js does not export what defineConnector() gives as its default');
  }
  return functions;
}
