import type { AuctionRecord } from '../../models/auction.ts';
import type { DeliveryRecord } from '../../models/delivery.ts';
import { untilAnswered } from '../../models/fence.ts';
import type { FollowUpRecord } from '../../models/follow-up.ts';
import type { LeadRecord } from '../../models/lead.ts';
import { native } from '../../models/native.ts';
import { pingIdOf } from '../../rules/ping-id.ts';
import type { NoticeName } from '../../schema/integration.ts';
import type { ActivityDeps } from '../deps.ts';

/**
 * The integrations that got a lead and want to be told: that were posted it, whatever they answered, checked or
 * enriched it, or were delivered it afterwards. Who was only pinged does not know whose lead it was, and would learn it
 * by being told.
 */
export async function recipientsOf(deps: ActivityDeps, lead: LeadRecord, notice: NoticeName): Promise<string[]> {
  const got = await whoGot(deps, lead._id);
  const now = deps.config.current().integrations;
  const then = (await deps.config.at(lead.revision)).integrations;
  return [...got].sort().filter((id) => {
    const operation = (now.get(id) ?? then.get(id))?.operations[notice];
    return operation && (lead.mode === 'live' || operation.hasTestUrl);
  });
}

async function whoGot({ models }: ActivityDeps, lead: string): Promise<Set<string>> {
  const range = (id: string) => ({ $gte: `${id}:`, $lt: `${id};` });
  const ofLead = { _id: range(lead) };
  const auctionsOfLead = { $or: [ofLead, { _id: range(pingIdOf(lead)) }] };
  const [deliveries, auctions, followUps] = await Promise.all([
    untilAnswered(() =>
      native<DeliveryRecord>(models.deliveries)
        .find({ ...ofLead, state: { $nin: ['reserving', 'not_sent'] } })
        .toArray(),
    ),
    untilAnswered(() => native<AuctionRecord>(models.auctions).find(auctionsOfLead).toArray()),
    untilAnswered(() =>
      native<FollowUpRecord>(models.followUps)
        .find({ ...ofLead, operation: { $exists: false } })
        .toArray(),
    ),
  ]);
  const asked = auctions.flatMap(({ prepared }) => prepared).filter(({ exchange }) => exchange !== undefined);
  // A replay counts attempts from the first on again; an exchange stays.
  const tried = followUps.filter(({ attempts, lastExchange }) => attempts > 0 || lastExchange !== undefined);
  return new Set([...deliveries, ...asked, ...tried].map(({ integration }) => integration));
}
