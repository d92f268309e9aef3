import type { IncomingMessage, ServerResponse } from 'node:http';
import { ZodError } from 'zod';
import { deliver } from './delivery.ts';
import type { BehaviourBook } from './behaviour.ts';
import type { BuyersLog } from './log.ts';
import { readBody } from './received.ts';
import { json, type WireAnswer } from './wire.ts';

export interface ControlDeps {
  log: BuyersLog;
  behaviours: BehaviourBook;
  /** Empties the log and what the buyers remember of it. */
  clear: () => void;
}

/** The control API: `/control/buyers[/<buyerName>]`, `/control/log`, `/control/accepted`. */
export function createControl({ log, behaviours, clear }: ControlDeps) {
  function command(method: string, url: URL, body: string): WireAnswer {
    const [, , noun, name] = url.pathname.split('/');
    const buyer = name ? decodeURIComponent(name) : undefined;
    const query = (field: string): string | undefined => url.searchParams.get(field) ?? undefined;
    switch (`${method} ${noun}`) {
      case 'PUT buyers':
        if (buyer === undefined) return json({ error: 'name the buyer: /control/buyers/<buyerName>' }, 404);
        behaviours.set(buyer, JSON.parse(body));
        return json({ buyer });
      case 'DELETE buyers':
        behaviours.reset(buyer);
        return json({});
      case 'GET log':
        return json(log.entries({ buyer: query('buyer'), op: query('op'), ref: query('ref') }));
      case 'DELETE log':
        clear();
        return json({});
      case 'GET accepted':
        return json(log.accepted());
      default:
        return json({ error: 'no such endpoint' }, 404);
    }
  }

  return {
    async handle(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
      const body = (await readBody(request)) ?? '';
      await deliver(
        response,
        orRefusal(() => command(request.method ?? 'GET', url, body)),
      );
    },
  };
}

function orRefusal(run: () => WireAnswer): WireAnswer {
  try {
    return run();
  } catch (error) {
    if (error instanceof ZodError) return json({ error: 'no such behaviour', issues: error.issues }, 400);
    if (error instanceof SyntaxError || error instanceof URIError) return json({ error: error.message }, 400);
    throw error;
  }
}
