import type { Removal } from '../removal.ts';

/** A buyer gets the same lead once, and no more leads than it can pay for. */
export const BUYERS: readonly Removal[] = [
  {
    invariant: 'buyer-claim',
    what: 'a buyer that has a lead may be sent the same one',
    file: 'models/buyer-claim.ts',
    find: 'const free = { _id, $or: [{ delivery }, { until: { $lte: new Date() } }] };',
    replace: 'const free = { _id };',
    tests: ['leads/buyer-duplicates'],
    grep: 'race are posted to the buyer once',
  },
  {
    invariant: 'buyer-claim',
    what: 'a reject keeps the claim',
    file: 'activities/delivery/settle.ts',
    find: 'if (delivery.claim) await releaseBuyerClaim(models.buyerClaims, delivery.claim._id, delivery._id);',
    replace: '',
    tests: ['leads/buyer-duplicates'],
    grep: 'none after a reject',
  },
  {
    invariant: 'credit',
    what: 'a post reserves no credit',
    file: 'activities/delivery/round.ts',
    find: 'places.push(...creditPlaces(deps.config.live(), bid.buyer, bid.price));',
    replace: 'void creditPlaces;',
    tests: ['money/credit'],
    grep: 'spent to the last lead and not beyond',
  },
  {
    invariant: 'credit',
    what: 'an account keeps what was bid, whatever was accepted',
    file: 'activities/delivery/caps.ts',
    find: "return kind === 'revenue' || kind === 'credit';",
    replace: "return kind === 'revenue';",
    tests: ['money/credit'],
    grep: 'end at the price accepted',
  },
  {
    invariant: 'credit',
    what: 'an entry is new to everybody who enters it at once',
    file: 'server/statements/entries.ts',
    find: 'isNew: entered.mark === row.mark',
    replace: 'isNew: entered.mark !== undefined',
    tests: ['money/operators'],
    grep: 'once for its reference',
  },
];

/** An alert is told once when it begins and once when it is over, whoever evaluates it. */
export const ALERTS: readonly Removal[] = [
  {
    invariant: 'alerts',
    what: 'what has not been told may turn over again',
    file: 'activities/alerts/evaluate.ts',
    find: '{ _id, state, episode, told: true }',
    replace: '{ _id, state, episode }',
    tests: ['alerts/evaluate'],
    grep: 'a node that died had turned over',
  },
  {
    invariant: 'alerts',
    what: 'every node tells in its own name',
    file: 'activities/alerts/message.ts',
    find: "`alert_${record._id}_${episode}_${firing ? 'firing' : 'recovered'}`",
    replace: "`alert_${record._id}_${episode}_${firing ? 'firing' : 'recovered'}_${Math.random()}`",
    tests: ['alerts/evaluate'],
    grep: 'an episode once and its recovery once',
  },
  {
    invariant: 'alerts',
    what: 'every node checks the ledger',
    file: 'models/ledger-check.ts',
    find: "{ _id: 'last', dueAt: { $lte: now } }",
    replace: "{ _id: 'last' }",
    tests: ['alerts/evaluate'],
    grep: 'the ledger does not add up',
  },
];
