import type { CompiledIntegration } from '../../config/compile.ts';
import type { Exchange } from '../../http/outbound.ts';
import type { RequestResult } from '../../activities/performance.ts';
import type { AuctionRecord, ExchangeText, Participant } from '../../models/auction.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import type { FollowUpRecord } from '../../models/follow-up.ts';
import type { Mode } from '../../models/origin.ts';
import type { ListingAskRecord } from '../../models/listing-ask.ts';
import type { LeadModels } from '../../models/models.ts';
import type { native } from '../../models/native.ts';

/** One request of an integration and its answer. */
export interface LoggedRequest {
  /** Transaction id; of a ping that nobody posted, or a page without a lead, there is none. */
  lead?: string;
  ping?: string;
  operation: string;
  outcome: RequestResult;
  /** A code. */
  reason?: string;
  /** Absent: the mode of its lead or ping. */
  mode?: Mode;
  /** Trimmed and without secrets. */
  exchange: Exchange;
}

/** Records that hold requests of an integration; their ids begin with a prefix and the UUID of a lead. */
export interface LogSource {
  model: Parameters<typeof native>[0];
  prefix: 'txn_' | 'png_';
  /** On an index together with the range of ids: what is not of the integration at all. */
  within: Record<string, unknown>;
  /** Which of them hold a request. */
  holding: Record<string, unknown>;
  /** By what a record says which lead it is about, where its id does not. */
  leadIn?: string;
  requestsIn(record: never): LoggedRequest[];
}

/** Everywhere the requests of an integration are recorded. */
export function logSources(models: LeadModels, { id, when, buyer, operations }: CompiledIntegration): LogSource[] {
  const followUps: LogSource = {
    ...{ model: models.followUps as never, prefix: 'txn_', within: {} },
    holding: { integration: id, lastExchange: { $exists: true } },
    requestsIn: (record: FollowUpRecord) => followUpRequest(record),
  };
  if (when === 'listing') {
    return [
      {
        ...{ model: models.listingAsks as never, prefix: 'txn_', within: {}, leadIn: 'lead' },
        holding: { asked: { $elemMatch: { listing: id, exchange: { $exists: true } } } },
        requestsIn: (record: ListingAskRecord) => listingRequests(record, id),
      },
      followUps,
    ];
  }
  if (when !== 'buyer' && when !== 'before_ping') return [followUps];
  const list = when === 'buyer' ? 'participants' : 'prepared';
  const operation = when === 'buyer' ? 'ping' : operations.check ? 'check' : 'enrich';
  const auctions = (['txn_', 'png_'] as const).map((prefix): LogSource => ({
    ...{ model: models.auctions as never, prefix, within: {} },
    holding: { [list]: { $elemMatch: { integration: id, exchange: { $exists: true } } } },
    requestsIn: (record: AuctionRecord) => askedRequests(record, record[list], id, operation),
  }));
  const deliveries: LogSource = {
    ...{ model: models.deliveries as never, prefix: 'txn_', within: { buyer } },
    holding: { integration: id, 'exchanges.0': { $exists: true } },
    requestsIn: (record: DeliveryRecord) => postRequests(record),
  };
  return when === 'buyer' ? [...auctions, deliveries, followUps] : [...auctions, followUps];
}

function askedRequests(
  { lead, _id }: AuctionRecord,
  asked: readonly Participant[],
  id: string,
  operation: string,
): LoggedRequest[] {
  const isPing = _id.startsWith('png_');
  return asked.flatMap(({ integration, exchange, ...said }) => {
    if (integration !== id || exchange === undefined) return [];
    const about = isPing ? { ping: _id.slice(0, _id.lastIndexOf(':')) } : { lead };
    return [{ ...about, operation, ...askedOutcome(said), exchange: read(exchange) }];
  });
}

/** Of a ping without a bid, what it was answered stands in the detail; of a check, in the result. */
function askedOutcome({
  result,
  detail,
}: Pick<Participant, 'result' | 'detail'>): Pick<LoggedRequest, 'outcome' | 'reason'> {
  if (result === 'bid' || result === 'passed') return { outcome: 'accepted' };
  const { reason = result } = (detail ?? {}) as { reason?: string };
  const code = result === 'no_bid' ? reason : result;
  if (code === 'accepted') return { outcome: 'rejected', reason: 'no_price' };
  if (code === 'rejected' || code === 'duplicate') return { outcome: 'rejected', reason: code };
  return { outcome: code === 'pending' ? 'pending' : 'error', reason: code };
}

/** Every request but the last one came to nothing certain: otherwise there would be no other one. */
function postRequests({ _id, lead, state, reason, mode, exchanges }: DeliveryRecord): LoggedRequest[] {
  return exchanges.map((text, at) => {
    const exchange = read(text);
    // Every post of a delivery carries its id; a question about it does not.
    const operation = exchange.requestHeaders['idempotency-key'] === _id ? 'post' : 'status';
    const isLast = at === exchanges.length - 1;
    const code = isLast ? reason : exchange.code;
    const outcome = isLast ? postOutcome(state, reason) : 'error';
    return { lead, mode, operation, outcome, ...(code ? { reason: code } : {}), exchange };
  });
}

function postOutcome(state: DeliveryRecord['state'], reason: string | undefined): RequestResult {
  if (state === 'accepted' || state === 'returned') return 'accepted';
  if (state === 'rejected') return reason === 'buyer_error' ? 'error' : 'rejected';
  return state === 'pending' ? 'pending' : 'error';
}

function followUpRequest(record: FollowUpRecord): LoggedRequest[] {
  const { lead, mode, state, reason, operation = 'deliver', lastExchange } = record;
  if (lastExchange === undefined) return [];
  const outcome = state === 'done' ? 'accepted' : reason === 'rejected' ? 'rejected' : 'error';
  return [{ lead, mode, operation, outcome, ...(reason ? { reason } : {}), exchange: read(lastExchange) }];
}

function listingRequests({ lead, mode, asked }: ListingAskRecord, id: string): LoggedRequest[] {
  return asked.flatMap(({ listing, result, exchange }) => {
    if (listing !== id || exchange === undefined) return [];
    const outcome = result === 'offers' ? 'accepted' : result === 'no_offers' ? 'rejected' : 'error';
    const about = { ...(lead === undefined ? {} : { lead }), mode, operation: 'click' };
    return [{ ...about, outcome, ...(outcome === 'error' ? { reason: result } : {}), exchange: read(exchange) }];
  });
}

function read(text: ExchangeText): Exchange {
  return JSON.parse(text) as Exchange;
}
