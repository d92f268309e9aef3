import type { RequestResult } from '../../activities/performance.ts';
import type { CompiledIntegration } from '../../config/compile.ts';
import type { Mode } from '../../models/origin.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { transactionIdsFrom } from '../../rules/transaction-id.ts';
import { logSources, type LoggedRequest, type LogSource } from './log-sources.ts';

export type { LoggedRequest } from './log-sources.ts';

export interface LogSearch {
  /** Of leads that came not before `from`, before `to`. */
  from?: Date | undefined;
  to?: Date | undefined;
  transactionId?: string | undefined;
  outcome?: RequestResult | undefined;
  mode?: Mode | undefined;
  /** About so many: those of one lead are never on two pages. */
  limit: number;
  /** Where the page before ended. */
  before?: string | undefined;
}

export interface LogPage {
  /** Those of the newest leads first. */
  requests: LoggedRequest[];
  /** Where the next page begins; absent when there is none. */
  before?: string;
}

/** Records of one kind looked through for one page: with an integration that is rarely asked a page may be empty. */
const SCANNED = 1_000;
/** Fewer of one lead there are never. */
const LEAST = 100;
const MAX_MS = 10_000;

/**
 * One page of an integration's requests, from the records of the leads they were made for: nothing further is written
 * when a lead is sold, and what a page costs has a bound whatever there is.
 */
export async function searchLog(
  models: LeadModels,
  integration: CompiledIntegration,
  search: LogSearch,
): Promise<LogPage> {
  const scans = await Promise.all(logSources(models, integration).map((source) => scan(source, search)));
  // Whatever one of the sources has not been looked through for yet waits for the next page.
  const stop =
    scans
      .map(({ edge }) => edge ?? '')
      .sort()
      .at(-1) ?? '';
  const found = scans.flatMap(({ requests }) => requests.filter(({ uuid }) => uuid > stop));
  found.sort((a, b) => (a.uuid < b.uuid ? 1 : a.uuid > b.uuid ? -1 : timeOf(a) - timeOf(b)));
  const page = wholeLeads(found, search.limit);
  const cut = page.length < found.length ? page.at(-1)?.uuid : undefined;
  const requests = await withModes(
    models,
    page.map(({ request }) => request),
  );
  const wanted = requests.filter(
    ({ mode, outcome }) =>
      (search.mode === undefined || mode === search.mode) &&
      (search.outcome === undefined || outcome === search.outcome),
  );
  // The lead that the page ends with is on it: the next one begins before it, or at what is not looked through.
  const before = cut === undefined ? (stop === '' ? undefined : `${stop}~`) : cut;
  return { requests: wanted, ...(before === undefined ? {} : { before }) };
}

interface Found {
  uuid: string;
  request: LoggedRequest;
}

const timeOf = ({ request }: Found) => new Date(request.exchange.startedAt).getTime();

/** The first so many, and the rest of the lead that the last of them is about. */
function wholeLeads(found: readonly Found[], limit: number): Found[] {
  const last = found[limit - 1]?.uuid;
  return last === undefined ? [...found] : found.filter(({ uuid }, at) => at < limit || uuid === last);
}

/** Requests from one kind of record, the newest first; `edge`: records of this UUID and older ones were not all read. */
async function scan(
  { model, prefix, within, holding, leadIn, requestsIn }: LogSource,
  { from, to, transactionId, before, limit }: LogSearch,
): Promise<{ requests: Found[]; edge?: string }> {
  const uuidFrom = (at: Date) => transactionIdsFrom(at.getTime()).slice('txn_'.length);
  const own = transactionId?.slice('txn_'.length) ?? '';
  const low = [from ? uuidFrom(from) : '', leadIn === undefined ? own : ''].sort().at(-1)!;
  const high = [
    to ? uuidFrom(to) : '~',
    before ?? '~',
    own === '' || leadIn !== undefined ? '~' : `${own}~`,
  ].sort()[0]!;
  const about = leadIn !== undefined && transactionId !== undefined ? { [leadIn]: transactionId } : {};
  const range = { _id: { $gte: `${prefix}${low}`, $lt: `${prefix}${high}` }, ...within, ...about };
  const most = Math.max(limit, LEAST);
  const records = (await native<{ _id: string }>(model as never)
    .aggregate(
      [{ $match: range }, { $sort: { _id: -1 } }, { $limit: SCANNED }, { $match: holding }, { $limit: most + 1 }],
      { maxTimeMS: MAX_MS },
    )
    .toArray()) as { _id: string }[];
  const uuidOf = ({ _id }: { _id: string }) => _id.slice(prefix.length, prefix.length + 36);
  const requests = records.flatMap((record) =>
    requestsIn(record as never).map((request) => ({ uuid: uuidOf(record), request })),
  );
  const next = records[most];
  if (next) return { requests, edge: uuidOf(next) };
  const [edge] = await native<{ _id: string }>(model as never)
    .find(range, { sort: { _id: -1 }, skip: SCANNED - 1, limit: 1, projection: { _id: 1 }, maxTimeMS: MAX_MS })
    .toArray();
  return edge ? { requests, edge: uuidOf(edge) } : { requests };
}

/** Requests whose record does not say so are of the mode of their lead or ping. */
async function withModes({ leads, pings }: LeadModels, requests: readonly LoggedRequest[]): Promise<LoggedRequest[]> {
  const unknown = requests.filter(({ mode }) => mode === undefined);
  const ids = (pick: (request: LoggedRequest) => string | undefined) => [
    ...new Set(unknown.flatMap((request) => pick(request) ?? [])),
  ];
  const modesOf = async (model: unknown, of: string[]) =>
    of.length === 0
      ? []
      : native<{ _id: string; mode: Mode }>(model as never)
          .find({ _id: { $in: of } }, { projection: { mode: 1 } })
          .toArray();
  const found = await Promise.all([
    modesOf(
      leads,
      ids(({ lead }) => lead),
    ),
    modesOf(
      pings,
      ids(({ ping }) => ping),
    ),
  ]);
  const modes = new Map(found.flat().map(({ _id, mode }) => [_id, mode]));
  return requests.map((request) => {
    const mode = request.mode ?? modes.get(request.lead ?? request.ping ?? '');
    return mode === undefined ? request : { ...request, mode };
  });
}
