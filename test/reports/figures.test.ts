import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { reportDays, type ReportDays } from '../../rules/report/days.ts';
import type { Dimension } from '../../rules/report/dimensions.ts';
import { makeReport } from '../../server/reports/report.ts';
import type { Owner, ReportOwner, ReportRequest } from '../../server/reports/request.ts';
import { openLeadDatabase, store, type Told } from './records.ts';

type Row = Record<string, unknown>;

const ZONES = ['UTC', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago'] as const;
const FROM = '2026-10-29';
const TO = '2026-11-03';
const HOUR = 3_600_000;

const price = fc.integer({ min: 0, max: 2_000_000_000 });
const dollars = fc.integer({ min: -50_000_000, max: 50_000_000 }).map((micros) => micros / 1_000_000);
const tracking = fc.record(
  {
    sub1: fc.constantFrom('a', 'b', '=1+1'),
    utm_source: fc.constantFrom('search', 'mail'),
    cost: dollars,
    cost_operation: fc.constantFrom('add', 'subtract', 'substract', 'override'),
    adSpend: dollars.map(Math.abs),
  },
  { requiredKeys: [] },
);
const told: fc.Arbitrary<Told> = fc.record(
  {
    // From a day before the report to a day after it, with the ends of its days among them.
    at: fc.oneof(
      fc.integer({ min: Date.parse('2026-10-28'), max: Date.parse('2026-11-05') }),
      fc.integer({ min: 0, max: 190 }).map((hour) => Date.parse('2026-10-28') + hour * HOUR),
      fc.integer({ min: 1, max: 190 }).map((hour) => Date.parse('2026-10-28') + hour * HOUR - 1),
    ),
    campaign: fc.constantFrom('cmp_one', 'cmp_two'),
    source: fc.constantFrom('src_one', 'src_two'),
    mode: fc.constantFrom('live' as const, 'live' as const, 'test' as const),
    tracking,
    click: fc.record({ tracking, device: fc.constantFrom('mobile' as const, 'mobile' as const, 'bot' as const) }),
    lead: fc.boolean(),
    outcome: fc.constantFrom('sold' as const, 'rejected' as const, 'returned' as const),
    events: fc.array(
      fc.record(
        { event: fc.constantFrom('signup', 'sale'), revenue: price, verified: fc.boolean() },
        { requiredKeys: ['event', 'verified'] },
      ),
      { maxLength: 3 },
    ),
    shown: fc.array(
      fc.record({
        later: fc.integer({ min: 0, max: 30 * HOUR }),
        listing: fc.constantFrom('int_one', 'int_two'),
        network: fc.constantFrom('talroo', 'custom'),
        clicked: fc.boolean(),
        price,
        payout: price,
      }),
      { maxLength: 2 },
    ),
    posts: fc.array(
      fc.record(
        {
          buyer: fc.constantFrom('buy_one', 'buy_two'),
          state: fc.constantFrom('accepted', 'accepted', 'rejected', 'unknown', 'not_sent', 'returned'),
          price,
          payout: price,
          recovered: fc.constant(true as const),
        },
        { requiredKeys: ['buyer', 'state', 'price', 'payout'] },
      ),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ['at', 'campaign', 'source', 'mode', 'tracking', 'lead', 'posts'] },
);

describe('report figures', function () {
  this.timeout(120_000);
  let database: Awaited<ReturnType<typeof openLeadDatabase>>;
  let run = 0;
  before(async () => {
    database = await openLeadDatabase('report');
  });
  after(() => database.drop());

  const zone = fc.constantFrom(...ZONES);
  const filters = fc.record(
    {
      campaign: fc.constant('cmp_one'),
      outcome: fc.constantFrom('sold', 'processing'),
      sub1: fc.constant('a'),
      event: fc.constant('sale'),
    },
    { requiredKeys: [] },
  );

  it("of a seller are what adding up its leads' records one by one gives", async () => {
    const dimension = fc.constantFrom<Dimension>('day', 'campaign', 'source', 'outcome', 'sub1', 'utm_source', 'event');
    const dimensions = fc.uniqueArray(dimension, { minLength: 1, maxLength: 3 });
    const asked = fc.tuple(fc.array(told, { maxLength: 40 }), dimensions, filters, zone, fc.boolean());
    await fc.assert(
      fc.asyncProperty(asked, async ([leads, dimensions, filters, timezone, bound]) => {
        const seller = `sel_${++run}`;
        await database.clear();
        await store(database.models, seller, leads);
        const owner: Owner = { side: 'seller', seller, ...(bound ? { source: 'src_two' } : {}) };
        const request = { owner, days: daysIn(timezone), dimensions, filters };
        assert.deepEqual(
          await makeReport(database.models, request, 20_000),
          reportOf(request, sellerRecords(leads, owner)),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('of a buyer are what adding up its deliveries one by one gives', async () => {
    const dimension = fc.constantFrom<Dimension>('day', 'campaign', 'outcome', 'buyer');
    const dimensions = fc.uniqueArray(dimension, { minLength: 1, maxLength: 3 });
    const state = fc.option(fc.constantFrom('accepted', 'returned', 'unknown'), { nil: undefined });
    await fc.assert(
      fc.asyncProperty(
        fc.array(told, { minLength: 5, maxLength: 30 }),
        dimensions,
        state,
        zone,
        async (all, dimensions, outcome, timezone) => {
          const buyer = `buy_${++run}`;
          const renamed = (post: Told['posts'][number]) => (post.buyer === 'buy_one' ? { ...post, buyer } : post);
          const leads = all.map((lead) => ({ ...lead, posts: lead.posts.map(renamed) }));
          await database.clear();
          await store(database.models, `sel_${run}`, leads);
          const owner: Owner = { side: 'buyer', buyer };
          const request = { owner, days: daysIn(timezone), dimensions, filters: outcome ? { outcome } : {} };
          assert.deepEqual(
            await makeReport(database.models, request, 20_000),
            reportOf(request, buyerRecords(leads, buyer)),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it('of an operator are what adding up leads, sales and what was shown and clicked one by one gives', async () => {
    const dimension = fc.constantFrom<Dimension>('day', 'campaign', 'source', 'outcome', 'buyer', 'listing');
    const dimensions = fc.uniqueArray(dimension, { minLength: 1, maxLength: 3 });
    const ofLead = { buyer: fc.constant('buy_one'), outcome: fc.constant('sold') };
    const wanted = fc.record(
      { listing: fc.constant('int_one'), network: fc.constant('talroo'), source: fc.constant('src_two'), ...ofLead },
      { requiredKeys: [] },
    );
    const asked = fc.tuple(fc.array(told, { maxLength: 30 }), dimensions, wanted, zone);
    await fc.assert(
      fc.asyncProperty(asked, async ([leads, dimensions, filters, timezone]) => {
        await database.clear();
        await store(database.models, `sel_${++run}`, leads.slice(0, 10));
        await store(database.models, `sel_${++run}`, leads.slice(10));
        const request = { owner: { side: 'operator' as const }, days: daysIn(timezone), dimensions, filters };
        const byBuyer = dimensions.includes('buyer') || 'buyer' in filters;
        const counted = operatorRecords(leads, byBuyer);
        assert.deepEqual(await makeReport(database.models, request, 20_000), reportOf(request, counted));
      }),
      { numRuns: 25 },
    );
  });

  it('are refused rather than cut short', async () => {
    const seller = `sel_${++run}`;
    const leads = ['a', 'b', 'c'].map((sub1): Told => ({
      ...A_LEAD,
      at: Date.parse('2026-11-01T12:00:00Z'),
      tracking: { sub1 },
    }));
    await store(database.models, seller, leads);
    const request: ReportRequest = {
      owner: { side: 'seller', seller },
      days: daysIn('UTC'),
      dimensions: ['sub1'],
      filters: {},
    };
    assert.equal((await makeReport(database.models, request, 3)).rows.length, 3);
    await assert.rejects(makeReport(database.models, request, 2), { code: 'report_too_large' });
  });
});

const A_LEAD: Told = {
  at: 0,
  campaign: 'cmp_one',
  source: 'src_one',
  mode: 'live',
  tracking: {},
  lead: true,
  posts: [],
};

function daysIn(timezone: string): ReportDays {
  const days = reportDays({ from: FROM, to: TO, timezone }, 0);
  assert.ok('dates' in days);
  return days;
}

/** One thing that counts: the values it is grouped by, and what it adds. Amounts are micro-dollars. */
interface Counted {
  at: number;
  values: Partial<Record<Dimension, string | null>>;
  adds: Partial<ReturnType<typeof nothing>>;
}

function sellerRecords(told: readonly Told[], owner: { source?: string }): Counted[] {
  return told
    .filter(({ mode, source }) => mode === 'live' && (owner.source ?? source) === source)
    .flatMap(({ at, campaign, source, tracking, click, lead, outcome, posts, events = [], shown = [] }) => {
      const became = lead ? (outcome ?? 'processing') : null;
      const values = { ...tracking, campaign, source, outcome: became } as Counted['values'];
      const records: Counted[] = [];
      if (click && click.device !== 'bot') {
        const adds = { clicks: 1, ...(lead ? {} : spentBy(click.tracking)) };
        records.push({
          at,
          values: { ...click.tracking, campaign, source, outcome: became } as Counted['values'],
          adds,
        });
      }
      for (const { event, revenue = -1, verified } of lead || click ? events : []) {
        const of = lead ? tracking : click?.tracking;
        const counts = { events: 1, ...(revenue >= 0 ? { eventConversions: 1 } : {}) };
        const known = verified ? { revenue, eventRevenue: revenue } : { unverifiedRevenue: revenue };
        const adds = revenue > 0 ? { ...counts, ...known } : counts;
        records.push({ at, values: { ...of, campaign, source, outcome: became, event } as Counted['values'], adds });
      }
      for (const { later, clicked, payout } of shown) {
        const of = lead ? tracking : click?.tracking;
        const known = { ...of, campaign, source, outcome: became } as Counted['values'];
        const brought = clicked ? { listingClicks: 1, listingRevenue: payout, revenue: payout } : {};
        records.push({ at: at + later, values: known, adds: { listingImpressions: 1, ...brought } });
      }
      if (!lead) return records;
      records.push({ at, values, adds: { leads: 1, ...spentBy(tracking) } });
      for (const { state, payout, recovered } of posts) {
        const again = recovered ? { recoveredRevenue: payout } : {};
        if (state === 'accepted') records.push({ at, values, adds: { conversions: 1, revenue: payout, ...again } });
        if (state === 'returned') records.push({ at, values, adds: { returns: 1 } });
      }
      return records;
    });
}

function spentBy({ cost, cost_operation: operation, adSpend }: Told['tracking']) {
  const amount = Math.round(Number(cost ?? 0) * 1_000_000);
  const taken = operation === 'subtract' || operation === 'substract';
  return { cost: taken ? -amount : amount, adSpend: Math.round(Number(adSpend ?? 0) * 1_000_000) };
}

/** @param byBuyer leads are counted as often as they were posted */
function operatorRecords(told: readonly Told[], byBuyer: boolean): Counted[] {
  return told
    .filter(({ mode }) => mode === 'live')
    .flatMap(({ at, campaign, source, click, lead, outcome, posts, events = [], shown = [] }) => {
      const known = { campaign, source, outcome: lead ? (outcome ?? 'processing') : null };
      const records: Counted[] = [];
      for (const { later, listing, network, clicked, price: amount, payout } of shown) {
        const money = { listingRevenue: amount, revenue: amount, listingPayout: payout, payout };
        const adds = { listingImpressions: 1, ...(clicked ? { listingClicks: 1, ...money } : {}) };
        records.push({ at: at + later, values: { ...known, listing, network }, adds });
      }
      for (const { revenue = 0, verified } of lead || click ? events : []) {
        if (verified && revenue > 0) records.push({ at, values: known, adds: { payout: revenue } });
      }
      if (lead && !byBuyer) records.push({ at, values: known, adds: { leads: 1 } });
      for (const { buyer, state, price: amount, payout, recovered } of lead ? posts : []) {
        const values = { ...known, buyer };
        const again = recovered ? { recoveredRevenue: amount } : {};
        if (byBuyer && state !== 'not_sent') records.push({ at, values, adds: { leads: 1 } });
        if (state === 'accepted') {
          records.push({ at, values, adds: { conversions: 1, revenue: amount, payout, ...again } });
        }
        if (state === 'returned') records.push({ at, values, adds: { returns: 1 } });
      }
      return records;
    });
}

function buyerRecords(told: readonly Told[], buyer: string): Counted[] {
  return told
    .filter(({ mode, lead }) => mode === 'live' && lead)
    .flatMap(({ at, campaign, posts }) =>
      posts
        .filter((post) => post.buyer === buyer && post.state !== 'not_sent')
        .map(({ state, price }) => {
          const values = { campaign, buyer, outcome: state };
          const bought = { accepted: { conversions: 1, cost: price }, returned: { returns: 1 } };
          return { at, values, adds: { leads: 1, ...bought[state as keyof typeof bought] } };
        }),
    );
}

/** The report that these records make, added up one by one on a calendar of its own. */
function reportOf({ owner, dimensions, filters, days }: ReportRequest, counted: readonly Counted[]) {
  const rows = new Map<string, { names: Row; sum: ReturnType<typeof nothing> }>();
  const total = nothing();
  for (const { at, values, adds } of counted) {
    const day = DateTime.fromMillis(at, { zone: days.timezone }).toISODate()!;
    if (day < FROM || day > TO) continue;
    if (Object.entries(filters).some(([name, value]) => values[name as Dimension] !== value)) continue;
    const names = Object.fromEntries(dimensions.map((name) => [name, name === 'day' ? day : (values[name] ?? null)]));
    const key = dimensions.map((name) => names[name] ?? '\uffff').join('\u0000');
    const row = rows.get(key) ?? { names, sum: nothing() };
    rows.set(key, row);
    for (const [name, amount] of Object.entries(adds) as [keyof typeof total, number][]) {
      row.sum[name] += amount;
      total[name] += amount;
    }
  }
  const ordered = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  return {
    rows: ordered.map(({ names, sum }) => ({ ...names, ...shown(owner.side, sum) })),
    totals: shown(owner.side, total),
  };
}

function nothing() {
  return {
    ...{ clicks: 0, leads: 0, conversions: 0, returns: 0, cost: 0, adSpend: 0, revenue: 0, payout: 0 },
    ...{ events: 0, eventConversions: 0, eventRevenue: 0, unverifiedRevenue: 0, recoveredRevenue: 0 },
    ...{ listingImpressions: 0, listingClicks: 0, listingRevenue: 0, listingPayout: 0 },
  };
}

function shown(side: ReportOwner['side'], sum: ReturnType<typeof nothing>): Row {
  const { clicks, leads, conversions, returns, cost, adSpend, revenue } = sum;
  if (side === 'buyer') return { leads, conversions, returns, cost: cost / 1e6 };
  const { listingImpressions, listingClicks } = sum;
  const listings = { listingImpressions, listingClicks, listingRevenue: sum.listingRevenue / 1e6 };
  if (side === 'operator') {
    const money = { revenue: revenue / 1e6, payout: sum.payout / 1e6, margin: (revenue - sum.payout) / 1e6 };
    const more = { recoveredRevenue: sum.recoveredRevenue / 1e6, listingPayout: sum.listingPayout / 1e6 };
    return { leads, conversions, returns, ...money, ...more, ...listings };
  }
  const spent = cost + adSpend;
  const profit = revenue - spent;
  return {
    ...{ clicks, leads, conversions, returns, cost: cost / 1e6, adSpend: adSpend / 1e6, revenue: revenue / 1e6 },
    profit: profit / 1e6,
    roi: spent > 0 ? Math.round((profit / spent) * 1e6) / 1e6 + 0 : null,
    ...{ events: sum.events, eventConversions: sum.eventConversions },
    ...{ eventRevenue: sum.eventRevenue / 1e6, unverifiedRevenue: sum.unverifiedRevenue / 1e6 },
    recoveredRevenue: sum.recoveredRevenue / 1e6,
    ...listings,
  };
}
