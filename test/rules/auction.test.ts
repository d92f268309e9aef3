import assert from 'node:assert/strict';
import fc from 'fast-check';
import { STRATEGIES } from '../../schema/auction.ts';
import { runAuction, type AuctionInput, type Bid } from '../../rules/auction.ts';
import { newTransactionId } from '../../rules/transaction-id.ts';
import { scenarios } from './scenarios.ts';

interface Scenario extends AuctionInput {
  expected: { ranked: string[]; dropped: Record<string, string> };
}

const nameOf = ({ integration, bidIndex }: Bid) => `${integration}/${bidIndex}`;

const bids = fc.uniqueArray(
  fc.record({
    integration: fc.constantFrom('int_a', 'int_b', 'int_c', 'int_d'),
    buyer: fc.constantFrom('buy_a', 'buy_b'),
    bidIndex: fc.nat(3),
    price: fc.oneof(fc.constantFrom(0, -5, NaN, Infinity, 1_000_000, 2_000_000), fc.nat(5_000_000)),
    priority: fc.integer({ min: 1, max: 3 }),
    expiresAt: fc.option(fc.integer({ min: 990, max: 1010 }), { nil: undefined }),
  }),
  { selector: nameOf, maxLength: 16 },
);
const auctions = fc.record({
  strategy: fc.constantFrom(...STRATEGIES),
  bids,
  floors: fc.record({ campaign: fc.nat(3_000_000), lead: fc.option(fc.nat(3_000_000), { nil: undefined }) }),
  now: fc.constant(1000),
  draw: fc.string(),
});

describe('auction', () => {
  for (const { rule, scenario } of scenarios<Scenario>('auction')) {
    it(rule, () => {
      const { ranked, dropped } = runAuction(scenario);
      assert.deepEqual(ranked.map(nameOf), scenario.expected.ranked);
      assert.deepEqual(
        Object.fromEntries(dropped.map(({ bid, reason }) => [nameOf(bid), reason])),
        scenario.expected.dropped,
      );
    });
  }

  it('keeps what it does not know of a bid, and numbers the ranks from 1', () => {
    const bid = { integration: 'int_a', buyer: 'buy_a', bidIndex: 0, price: 5, priority: 1, id: 'promise-1' };
    const input = { strategy: 'highest_bid', bids: [bid], floors: { campaign: 0 }, now: 0 } as const;
    assert.deepEqual(runAuction(input).ranked, [{ ...bid, rank: 1, why: 'only_bid' }]);
    assert.ok(!('rank' in bid));
  });

  it('gives one order, whatever order the bids came in', () => {
    const shuffled = auctions.chain((input) =>
      fc.tuple(fc.constant(input), fc.shuffledSubarray(input.bids, { minLength: input.bids.length })),
    );
    fc.assert(
      fc.property(shuffled, ([input, other]) => {
        assert.deepEqual(runAuction({ ...input, bids: other }).ranked, runAuction(input).ranked);
      }),
    );
  });

  it('ranks or drops every bid, once', () => {
    fc.assert(
      fc.property(auctions, (input) => {
        const { ranked, dropped } = runAuction(input);
        const names = [...ranked.map(nameOf), ...dropped.map(({ bid }) => nameOf(bid))];
        assert.deepEqual(names.sort(), input.bids.map(nameOf).sort());
      }),
    );
  });

  it('ranks no bid that is under a floor, expired or no price', () => {
    fc.assert(
      fc.property(auctions, (input) => {
        for (const { price, expiresAt } of runAuction(input).ranked) {
          assert.ok(Number.isFinite(price) && price > 0);
          assert.ok(price >= Math.max(input.floors.campaign, input.floors.lead ?? 0));
          assert.ok(expiresAt === undefined || expiresAt > input.now);
        }
      }),
    );
  });

  it('never puts a lower price first, or under waterfall a lower priority', () => {
    fc.assert(
      fc.property(auctions, (input) => {
        const { ranked } = runAuction(input);
        ranked.slice(1).forEach((bid, at) => {
          const before = ranked[at]!;
          if (input.strategy === 'highest_bid') assert.ok(before.price >= bid.price);
          if (input.strategy === 'waterfall') assert.ok(before.priority <= bid.priority);
        });
      }),
    );
  });

  it('draws equal bids anew for each lead, and fairly', () => {
    const integrations = ['int_a', 'int_b', 'int_c'];
    const equal = integrations.map((integration) => ({ integration, buyer: 'b', bidIndex: 0, price: 5, priority: 1 }));
    const wins = new Map<string, number>();
    for (let lead = 0; lead < 3000; lead++) {
      const draw = newTransactionId(1_790_000_000_000 + lead, new Uint8Array(10).fill(lead % 251));
      const [first] = runAuction({
        strategy: 'highest_bid',
        bids: equal,
        floors: { campaign: 0 },
        now: 0,
        draw,
      }).ranked;
      wins.set(first!.integration, (wins.get(first!.integration) ?? 0) + 1);
    }
    for (const integration of integrations) {
      const share = (wins.get(integration) ?? 0) / 3000;
      assert.ok(share > 0.3 && share < 0.37, `${integration} won ${share}`);
    }
  });
});
