import type { Middleware } from 'koa';

/**
 * What every answer says to a browser: take it for what its type says, load nothing for it and show it in no frame. A
 * page that needs more sets a policy of its own.
 */
export function secureAnswers(): Middleware {
  return (context, next) => {
    context.set('x-content-type-options', 'nosniff');
    context.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    return next();
  };
}
