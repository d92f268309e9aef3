import { randomUUID } from 'node:crypto';
import type { CompiledCampaign } from '../../config/compile.ts';
import { mayRead, type SellerKey } from '../../config/key-holder.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { AuctionRecord } from '../../models/auction.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { LeadRecord, Offer } from '../../models/lead.ts';
import type { PingRecord } from '../../models/ping.ts';
import { transactionOf } from '../../rules/ping-id.ts';
import { startAndWait, storeLead, type IngressDeps, type LeadSubmission } from './accept-lead.ts';
import { findPing } from './accept-ping.ts';
import { leadAnswer, type LeadAnswer } from './answer.ts';
import { chooseBids } from './choose-bids.ts';
import { beginIdempotent, isRepeated, releaseKey } from './idempotency.ts';
import { offersOf } from './ping-answer.ts';
import { readPost } from './post-submission.ts';
import { destinationOf, invalidFields } from './submission.ts';
import { isDecided } from './wait.ts';

/** A ping as it is being posted. */
interface Posting {
  ping: PingRecord;
  auction: AuctionRecord | undefined;
  /** The lead that the ping has become, when it was posted before. */
  lead: LeadRecord | null;
  chosen: string[] | undefined;
  /** Names this request in what it writes: of several posts of one ping only one counts. */
  request: string;
}

/**
 * Posts a ping: the lead gets the ping's transaction id, and inserting it is what lets one post of a ping count. Its
 * sale begins with the bids of the ping. A further post of the same ping picks among the bids that its seller is asked
 * about. Nothing is written before everything about the request has been checked.
 */
export async function acceptPost(
  deps: IngressDeps,
  submission: LeadSubmission & { key: SellerKey },
): Promise<LeadAnswer> {
  const { cid, key, raw, body, idempotencyKey } = submission;
  const configuration = deps.config.current();
  if (!configuration.campaigns.has(cid)) throw new LeadwireError('unknown_campaign');
  const { ping, auction, lead } = await findPosting(deps, submission);
  const destination = destinationOf(configuration, cid, key, body['pid'] || ping.source);
  if (destination.source !== ping.source) throw new LeadwireError('unknown_ping');
  const { campaign } = destination;
  const { chosen, ...values } = readPost(campaign, body, ping, lead);

  const { deadlineMs } = campaign.settings;
  const deadline = Date.now() + deadlineMs;
  const scope = `post/${ping.source}:${key.mode}:${cid}`;
  const request = idempotencyKey === undefined ? randomUUID() : `${scope}:${idempotencyKey}`;
  const posting: Posting = { ping, auction, lead, chosen, request };
  const refused = refusalOf(posting);
  // A repeated post is answered as it was, even though its ping is posted or has expired by now.
  if (refused && !(await isRepeated(deps.models, scope, idempotencyKey))) throw refused;
  const begun = await beginIdempotent<LeadRecord>(deps.models, scope, idempotencyKey, raw, deadlineMs, {
    id: ping.lead,
    find: (id) => findOwn(deps, id, request),
    isDone: isDecided,
  });
  if (begun.replay) return leadAnswer(begun.replay, deps.publicUrl);
  try {
    if (refused) throw refused;
    if (lead) return await chooseBids(deps, lead, chosen ?? [], request, deadline);
    const stored = await storeLead(deps, destination, leadOf(posting, campaign, values, configuration.revision));
    if (stored.ping?.request !== request) throw alreadyPosted(stored);
    if (stored.state === 'concluded') return leadAnswer(stored, deps.publicUrl);
    return await startAndWait(deps, stored, deadline);
  } catch (error) {
    if (error instanceof LeadwireError && error.status < 500) {
      await releaseKey(deps.models, scope, idempotencyKey, ping.lead);
    }
    throw error;
  }
}

/** The ping that is posted. Another seller's, another campaign's or one of the other mode does not exist. */
async function findPosting(deps: IngressDeps, { cid, key, body }: LeadSubmission & { key: SellerKey }) {
  const id = body['ping_id'];
  if (id === undefined || id === null || id === '') {
    throw invalidFields({ missing: ['ping_id'] });
  }
  const transactionId = typeof id === 'string' ? transactionOf(id) : undefined;
  const [found, lead] = transactionId
    ? await Promise.all([
        findPing(deps, transactionId),
        untilAnswered(() => deps.models.leads.findById(transactionId).lean().exec()),
      ])
    : [null, null];
  if (!found || found.ping.campaign !== cid || !mayRead(key, found.ping)) throw new LeadwireError('unknown_ping');
  return { ping: found.ping, auction: found.auction, lead };
}

async function findOwn({ models }: IngressDeps, id: string, request: string): Promise<LeadRecord | null> {
  const lead = await untilAnswered(() => models.leads.findById(id).lean().exec());
  return lead && isOf(lead, request) ? lead : null;
}

/** Whether this request posted the lead, or chose among its bids. */
function isOf({ ping, choice }: LeadRecord, request: string): boolean {
  return ping?.request === request || (choice?.requests.includes(request) ?? false);
}

/** Why the ping cannot be posted like this; undefined when it can, or was posted by this very request. */
function refusalOf({ ping, auction, lead, chosen, request }: Posting): LeadwireError | undefined {
  if (lead && isOf(lead, request)) return undefined;
  if (lead && lead.reason !== 'awaiting_seller') return alreadyPosted(lead);
  if (!auction) return new LeadwireError('ping_unanswered');
  const offers = lead ? (lead.offers ?? []) : offersOf(ping, auction);
  if (offers.length === 0) return new LeadwireError('ping_without_bid');
  if (lead && !chosen) return invalidFields({ missing: ['bid_ids'] });
  const posted = chosen?.map((id) => offers.find((offer) => offer.id === id)) ?? offers.slice(0, 1);
  if (posted.some((offer) => offer === undefined)) return new LeadwireError('bid_not_offered');
  const stands = (offer: Offer | undefined) => offer !== undefined && offer.expiresAt > Date.now();
  return posted.some(stands) ? undefined : new LeadwireError('ping_expired');
}

function alreadyPosted({ _id }: LeadRecord): LeadwireError {
  return new LeadwireError('ping_already_posted', { body: { transaction_id: _id } });
}

function leadOf(
  { ping, auction, chosen, request }: Posting,
  { settings }: CompiledCampaign,
  values: Pick<LeadRecord, 'fields' | 'tracking'>,
  revision: number,
): LeadRecord {
  const { campaign, seller, source, mode, payout } = ping;
  const [best] = auction ? offersOf(ping, auction) : [];
  const receivedAt = new Date();
  return {
    _id: ping.lead,
    campaign,
    seller,
    source,
    mode,
    revision,
    ...values,
    ...(payout ? { payout } : {}),
    ping: { id: ping._id, request, ...(chosen ? { chosen } : {}), quote: best?.payout ?? 0 },
    receivedAt,
    sellBy: new Date(receivedAt.getTime() + settings.sellWithinMs),
    state: 'received',
    turn: 0,
    sales: [],
  };
}
