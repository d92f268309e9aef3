import assert from 'node:assert/strict';
import fc from 'fast-check';
import { runAuction, type AuctionInput, type Bid } from '../../../rules/auction.ts';
import { drawLot, takeTurns } from '../../../rules/auction/draw.ts';
import { adjust, compileModifiers, modifiersFor } from '../../../rules/auction/modifiers.ts';
import { agreementsAbout, compileAuctionPlan, expectedAcceptance } from '../../../rules/auction/plan.ts';
import { mayOffer, type DeliveryState } from '../../../rules/delivery.ts';
import { nextBid, type Round } from '../../../rules/next-bid.ts';
import { payoutOf, termsAfter } from '../../../rules/payout.ts';
import { STRATEGIES } from '../../../schema/auction.ts';

const NAMES = ['int_a', 'int_b', 'int_c', 'int_d', 'int_e'];
const GROUPS = ['one', 'two'];
const nameOf = ({ integration, bidIndex }: Bid) => `${integration}/${bidIndex}`;
const namesOf = (bids: readonly Bid[]) => bids.map(nameOf);

const bid = fc.record({
  integration: fc.constantFrom(...NAMES),
  buyer: fc.constant('buy_a'),
  bidIndex: fc.nat(2),
  price: fc.oneof(fc.constantFrom(0, NaN, 1_000_000, 2_000_000), fc.nat(5_000_000)),
  ranksAs: fc.option(fc.nat(5_000_000), { nil: undefined }),
  priority: fc.integer({ min: 1, max: 3 }),
  exclusive: fc.boolean(),
  agreement: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  floor: fc.option(fc.nat(3_000_000), { nil: undefined }),
  group: fc.option(fc.constantFrom(...GROUPS), { nil: undefined }),
  place: fc.nat(3),
  weight: fc.integer({ min: 1, max: 10 }),
});
const strategy = fc.constantFrom(...STRATEGIES);
const auctions = fc
  .record({
    strategy,
    own: fc.tuple(strategy, strategy),
    bids: fc.uniqueArray(bid, { selector: nameOf, maxLength: 14 }),
    floors: fc.record({ campaign: fc.nat(2_000_000), source: fc.nat(2_000_000), lead: fc.nat(2_000_000) }),
    now: fc.constant(0),
    draw: fc.string(),
    figures: fc.tuple(...NAMES.map(() => fc.constantFrom(0.2, 0.5, 0.9))),
    turn: fc.nat(1000),
    maxBuyers: fc.integer({ min: 1, max: 3 }),
    hybrid: fc.boolean(),
  })
  .map(({ own, figures, turn, ...input }) => {
    // An integration has one group.
    const home = new Map(input.bids.map(({ integration, group }) => [integration, group]));
    return {
      ...input,
      // Two integrations of one buyer, which may have a lead once.
      bids: input.bids.map((one) => {
        const buyer = one.integration === 'int_b' ? 'buy_int_a' : `buy_${one.integration}`;
        return { ...one, buyer, group: home.get(one.integration) };
      }),
      groups: [
        ...GROUPS.map((id, at) => ({ id, strategy: own[at]!, stops: true })),
        { strategy: input.strategy, stops: true },
      ],
      acceptance: (integration: string) => figures[NAMES.indexOf(integration)] ?? 0.5,
      turns: { one: turn, two: turn, '': turn },
    } as AuctionInput;
  });

const plain = (integration: string, price: number, more: Partial<Bid> = {}): Bid => ({
  ...{ integration, buyer: 'buy_a', bidIndex: 0, price, priority: 100 },
  ...more,
});

describe('strategies of the auction', () => {
  it('rank in one order, whatever order the bids came in, and say why', () => {
    const shuffled = auctions.chain((input) =>
      fc.tuple(fc.constant(input), fc.shuffledSubarray([...input.bids], { minLength: input.bids.length })),
    );
    fc.assert(
      fc.property(shuffled, ([input, other]) => {
        assert.deepEqual(runAuction({ ...input, bids: other }).ranked, runAuction(input).ranked);
      }),
    );
  });

  it('rank or drop every bid once, and rank none below a floor', () => {
    fc.assert(
      fc.property(auctions, (input) => {
        const { ranked, dropped } = runAuction(input);
        const all = [...namesOf(ranked), ...dropped.map((one) => nameOf(one.bid))];
        assert.deepEqual(all.sort(), namesOf(input.bids).sort());
        const { campaign, source = 0, lead = 0 } = input.floors;
        for (const { price, floor = 0 } of ranked) assert.ok(price >= Math.max(campaign, source, lead, floor, 1));
        for (const { exclusive, agreement } of ranked) {
          if (exclusive && !agreement) assert.ok(input.maxBuyers === 1 || input.hybrid);
        }
      }),
    );
  });

  it('put agreements first, then group after group', () => {
    fc.assert(
      fc.property(auctions, (input) => {
        const place = ({ agreement, group }: Bid) => (agreement ? 0 : 1 + GROUPS.concat('').indexOf(group ?? ''));
        const places = runAuction(input).ranked.map(place);
        assert.deepEqual(
          places.map((at) => at > 0),
          places.map((at) => at > 0).sort(),
        );
        const grouped = places.filter((at) => at > 0);
        assert.deepEqual(grouped, grouped.toSorted());
      }),
    );
  });

  it('earn no less with exclusive and shared bids than with the better of both alone', () => {
    fc.assert(
      fc.property(auctions, (input) => {
        // Whose turn it is depends on who bids, so three auctions would ask three orders.
        fc.pre(input.strategy !== 'round_robin');
        const bids = input.bids.map((one) => ({ ...one, agreement: false, group: undefined }));
        const earn = (wanted: (one: Bid) => boolean, maxBuyers: number, hybrid: boolean) => {
          const { ranked } = runAuction({ ...input, groups: undefined, bids: bids.filter(wanted), maxBuyers, hybrid });
          return sellTo(ranked, maxBuyers, () => 'accepted');
        };
        const alone = earn((one) => one.exclusive === true, 1, false);
        const shared = earn((one) => one.exclusive !== true, 2, false);
        assert.equal(
          earn(() => true, 2, true),
          Math.max(alone, shared),
        );
      }),
    );
  });

  it('choose anew after each no, and never sell alone what somebody has', () => {
    fc.assert(
      fc.property(
        auctions,
        fc.array(fc.constantFrom<DeliveryState>('accepted', 'rejected', 'unknown')),
        (input, said) => {
          const { ranked } = runAuction({ ...input, hybrid: true });
          const rounds: Round[] = [];
          sellTo(ranked, input.maxBuyers ?? 1, (at) => said[at] ?? 'rejected', rounds);
          const held = rounds.filter(({ state }) => state !== 'rejected');
          assert.ok(held.length <= (input.maxBuyers ?? 1));
          assert.equal(new Set(held.map(({ buyer }) => buyer)).size, held.length);
          if (held.some(({ exclusive }) => exclusive)) assert.equal(held.length, 1);
        },
      ),
    );
  });

  it('draw by weight: each is first in proportion to it', () => {
    const bids = NAMES.slice(0, 3).map((name, at) => plain(name, 1_000_000, { weight: [1, 2, 5][at]! }));
    const wins = countFirst(8000, (lead) => ({ strategy: 'weighted', bids, draw: `txn_${drawLot(String(lead))}` }));
    for (const [at, share] of [1 / 8, 2 / 8, 5 / 8].entries()) {
      assert.ok(Math.abs((wins.get(NAMES[at]!) ?? 0) / 8000 - share) < 0.03, `${NAMES[at]} ${wins.get(NAMES[at]!)}`);
    }
  });

  it('take turns: of as many leads as bidders each is first once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.nat(50), (size, from) => {
        const names = NAMES.slice(0, size);
        const firsts = Array.from({ length: size }, (_, at) => {
          const places = takeTurns(from * size + at, names);
          assert.deepEqual(
            [...places.values()].sort(),
            names.map((_name, place) => place),
          );
          return names.find((name) => places.get(name) === 0);
        });
        assert.deepEqual(firsts.sort(), names);
      }),
    );
  });

  it('take turns fairly where other bidders come with every other lead', () => {
    const two = countFirst(4000, (lead) => ({
      strategy: 'round_robin',
      bids: (lead % 2 ? ['int_a', 'int_b'] : ['int_c', 'int_d', 'int_e']).map((name) => plain(name, 1_000_000)),
      turns: { '': lead },
    }));
    for (const name of ['int_a', 'int_b'])
      assert.ok(Math.abs((two.get(name) ?? 0) - 1000) < 150, `${name} ${two.get(name)}`);
    for (const name of ['int_c', 'int_d', 'int_e']) assert.ok(Math.abs((two.get(name) ?? 0) - 667) < 150);
  });

  it('go by what each says: expected value, tiers, declared order, acceptance where bids tie', () => {
    const acceptance = (name: string) => ({ int_a: 0.3, int_b: 0.9, int_c: 0.9 })[name] ?? 0.5;
    const rank = (input: Partial<AuctionInput>) => {
      const { ranked } = runAuction({
        strategy: 'highest_bid',
        bids: [],
        floors: { campaign: 0 },
        now: 0,
        acceptance,
        ...input,
      });
      return ranked.map(({ integration, why }) => `${integration} ${why}`);
    };
    const bids = [plain('int_a', 20_000_000), plain('int_b', 10_000_000), plain('int_c', 10_000_000, { priority: 5 })];
    assert.deepEqual(rank({ bids, strategy: 'expected_value' }), [
      'int_c priority',
      'int_b priority',
      'int_a expected_value',
    ]);
    assert.deepEqual(rank({ bids }), ['int_a price', 'int_c price', 'int_b priority']);
    assert.deepEqual(rank({ bids, strategy: 'priority_tiers' }), ['int_c priority', 'int_a priority', 'int_b price']);
    const declared = bids.map((one, at) => ({ ...one, priority: 100, place: 2 - at }));
    assert.deepEqual(rank({ bids: declared, strategy: 'waterfall' }), [
      'int_c declared_order',
      'int_b declared_order',
      'int_a declared_order',
    ]);
    const equal = ['int_a', 'int_b'].map((name) => plain(name, 10_000_000));
    assert.deepEqual(rank({ bids: equal }), ['int_b acceptance', 'int_a acceptance']);
  });

  it('believe what is configured of a buyer that nothing is known of', () => {
    const { prior } = compileAuctionPlan({ prior: { acceptance: 0.8, posts: 10 } });
    assert.equal(expectedAcceptance({ posts: 0, accepts: 0 }, prior), 0.8);
    assert.equal(expectedAcceptance({ posts: 90, accepts: 0 }, prior), 0.08);
  });

  it('know which agreements are about a lead', () => {
    const { agreements } = compileAuctionPlan({
      agreements: [
        { integration: 'int_a', states: ['CA'], price: 12 },
        { integration: 'int_b', sources: ['src_one'], states: ['NV'] },
        { integration: 'int_a', sources: ['src_one'] },
      ],
    });
    const about = (source: string, state?: string) => [...agreementsAbout(agreements, { source, state }).keys()].sort();
    assert.deepEqual(about('src_two'), []);
    assert.deepEqual(about('src_two', 'CA'), ['int_a']);
    assert.deepEqual(about('src_one', 'NV'), ['int_a', 'int_b']);
    assert.equal(agreementsAbout(agreements, { source: 'src_one', state: 'CA' }).get('int_a')?.price, 12_000_000);
  });

  it('go on to later groups or stop, and give a group no more than its places', () => {
    const ranked = ['a', 'b', 'c'].map((name) => ({
      integration: `int_${name}`,
      expiresAt: 10,
      group: name === 'c' ? 'two' : 'one',
    }));
    const sold: Round[] = [{ integration: 'int_a', state: 'accepted', group: 'one' }];
    const next = (stops: boolean, maxBuyers?: number) =>
      nextBid(ranked, undefined, sold, 0, [
        { id: 'one', strategy: 'highest_bid', stops, ...(maxBuyers ? { maxBuyers } : {}) },
        { id: 'two', strategy: 'highest_bid', stops },
      ]);
    assert.deepEqual(next(true), { bid: ranked[1] });
    assert.deepEqual(next(true, 1), { none: 'exhausted' });
    assert.deepEqual(next(false, 1), { bid: ranked[2] });
  });
});

describe('modifiers of bids', () => {
  const modifiers = compileModifiers([
    { multiply: 0.9 },
    { buyer: 'buy_a', add: 2 },
    { source: 'src_one', buyer: 'buy_a', multiply: 2 },
    { integration: 'int_a', margin: { share: 0.1 } },
    { source: 'src_two', margin: { amount: 3 } },
  ]);

  it('are gone through in their order: margins, the rule, then each multiplied and added to', () => {
    const own = modifiersFor(modifiers, { buyer: 'buy_a', integration: 'int_a', source: 'src_one' });
    const { ranksAs, adjustments } = adjust(10_000_000, { multiply: 1.5, add: -500_000 }, own);
    assert.deepEqual(
      adjustments.map(({ by, to }) => [by, to]),
      [
        ['modifiers[3]', 9_000_000],
        ['rule', 13_000_000],
        ['modifiers[0]', 11_700_000],
        ['modifiers[1]', 13_700_000],
        ['modifiers[2]', 27_400_000],
      ],
    );
    assert.equal(ranksAs, 27_400_000);
    assert.equal(modifiersFor(modifiers, { buyer: 'buy_b', integration: 'int_b', source: 'src_two' }).length, 2);
  });

  it('take margins off what the seller is paid from, and never below zero', () => {
    const margins = [{ shareMillionths: 100_000 }, { amount: 3_000_000 }];
    assert.equal(payoutOf(termsAfter(undefined, margins), 10_000_000), 6_000_000);
    assert.equal(payoutOf(termsAfter({ shareMillionths: 500_000 }, margins), 10_000_000), 3_000_000);
    assert.equal(payoutOf(termsAfter({ fixed: 4_000_000 }, margins), 10_000_000), 4_000_000);
    fc.assert(
      fc.property(fc.nat(20_000_000), fc.nat(1_000_000), fc.nat(5_000_000), (price, shareMillionths, amount) => {
        const paid = payoutOf(termsAfter(undefined, [{ shareMillionths }, { amount }]), price);
        assert.ok(Number.isInteger(paid) && paid >= 0 && paid <= price);
        assert.equal(
          adjust(price, undefined, compileModifiers([{ margin: { share: 0.25 } }])).ranksAs,
          price - Math.floor(price / 4),
        );
      }),
    );
  });
});

function countFirst(leads: number, auction: (lead: number) => Partial<AuctionInput>): Map<string, number> {
  const wins = new Map<string, number>();
  for (let lead = 0; lead < leads; lead++) {
    const input = { strategy: 'highest_bid' as const, bids: [], floors: { campaign: 0 }, now: 0, ...auction(lead) };
    const first = runAuction(input).ranked[0]?.integration ?? '';
    wins.set(first, (wins.get(first) ?? 0) + 1);
  }
  return wins;
}

/** Offers a lead to one bid after the other, and says what it brought. */
function sellTo(
  ranked: readonly Bid[],
  maxBuyers: number,
  answer: (round: number) => DeliveryState,
  rounds: Round[] = [],
): number {
  const standing = ranked.map((one) => ({ ...one, expiresAt: 1 }));
  let earned = 0;
  while (mayOffer(rounds, maxBuyers)) {
    const next = nextBid(standing, undefined, rounds, 0);
    if (!('bid' in next)) break;
    const { integration, buyer, exclusive, agreement, price, group } = next.bid;
    const state = answer(rounds.length);
    // The post of an agreement's bid is for having the lead alone, as that of an exclusive one.
    rounds.push({
      integration,
      buyer,
      state,
      exclusive: exclusive || agreement,
      ...(group === undefined ? {} : { group }),
    });
    if (state === 'accepted') earned += price;
  }
  return earned;
}
