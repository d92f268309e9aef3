import { z } from 'zod';
import type { Operation, Verdict } from './wire.ts';

const answering = ['accept', 'reject', 'duplicate', 'pending'] as const;
/** Modes that answer nothing a client could take for a decision. */
const silent = ['error', 'hang', 'reset', 'reset_after_headers', 'html', 'empty'] as const;
/** Modes that answer a decision, but badly. */
const garbling = ['truncated', 'huge', 'slow_drip'] as const;

export type Mode = (typeof answering)[number] | (typeof silent)[number] | (typeof garbling)[number];

const behaviourSchema = z
  .strictObject({
    mode: z.enum([...answering, ...silent, ...garbling]).optional(),
    /** Dollars; a string is sent as it stands; null leaves the price out. Default: drawn from buyer and reference. */
    price: z.union([z.number(), z.string(), z.null()]).optional(),
    /** Several bids in one ping (LeadProsper's `bids`), in dollars. */
    bids: z.array(z.union([z.number(), z.string()])).optional(),
    /** Milliseconds between having read the request and doing anything about it. */
    delayMs: z.number().nonnegative().optional(),
    reason: z.string().optional(),
    /** HTTP status of the answer; by default the format's own, and 500 for `error`. */
    status: z.int().min(200).max(599).optional(),
    /** After this many requests the buyer accepts again, at the same price and without delay. */
    times: z.int().positive().optional(),
    /**
     * Whether a buyer that answers no decision took the lead all the same (default false); false on `truncated`,
     * `huge` and `slow_drip` makes the answer that they spoil a reject.
     */
    acceptsAnyway: z.boolean().optional(),
    /** False: the buyer loses the request before it logs it. Only where it takes no decision. */
    recordThen: z.boolean().optional(),
  })
  .refine((behaviour) => behaviour.recordThen !== false || verdictOf(behaviour, 'post') === 'none', {
    path: ['recordThen'],
    error: 'a request that was decided on is always logged',
  });

const behavioursSchema = z.strictObject({
  ping: behaviourSchema.optional(),
  post: behaviourSchema.optional(),
  call: behaviourSchema.optional(),
});

/** How a buyer treats one kind of request. */
export type Behaviour = z.input<typeof behaviourSchema>;
/** How a buyer treats each kind of request; the services answer to `call`. */
export type Behaviours = z.input<typeof behavioursSchema>;

/** What the buyer decides under this behaviour, leaving aside what a service knows about the lead. */
export function verdictOf(behaviour: { mode?: Mode; acceptsAnyway?: boolean }, operation: Operation): Verdict {
  const mode = behaviour.mode ?? 'accept';
  if (mode === 'accept') return 'accepted';
  if (mode === 'reject') return 'rejected';
  if (mode === 'duplicate') return 'duplicate';
  // Only a lead can wait for an approval: a bid is there or it is not.
  if (mode === 'pending') return operation === 'post' ? 'pending' : 'rejected';
  if (garbling.some((name) => name === mode)) return behaviour.acceptsAnyway === false ? 'rejected' : 'accepted';
  return behaviour.acceptsAnyway ? 'accepted' : 'none';
}

/** Whether the mode keeps the decision to itself. */
export function isSilent(mode: Mode | undefined): boolean {
  return silent.some((name) => name === mode);
}

/**
 * Remembers how each buyer is to behave; all accept until told otherwise.
 * `set` replaces the operations it names and throws a ZodError on a behaviour that does not exist.
 */
export function createBehaviours() {
  const rules = new Map<string, { behaviour: Behaviour; uses: number }>();
  const keyOf = (buyer: string, operation: string): string => `${buyer}/${operation}`;
  return {
    set(buyer: string, behaviours: unknown): void {
      for (const [operation, behaviour] of Object.entries(behavioursSchema.parse(behaviours)))
        if (behaviour) rules.set(keyOf(buyer, operation), { behaviour, uses: 0 });
    },
    /** The behaviour for the next request; counts as a use. */
    next(buyer: string, operation: Operation): Behaviour {
      const rule = rules.get(keyOf(buyer, operation));
      if (!rule) return {};
      rule.uses += 1;
      const { times, price, bids } = rule.behaviour;
      return times !== undefined && rule.uses > times ? { price, bids } : rule.behaviour;
    },
    /** That buyer, or every one, behaves normally again. */
    reset(buyer?: string): void {
      for (const key of rules.keys()) if (buyer === undefined || key.startsWith(`${buyer}/`)) rules.delete(key);
    },
  };
}

export type BehaviourBook = ReturnType<typeof createBehaviours>;
