import { untilAnswered } from '../../models/fence.ts';
import type { LeadRecord } from '../../models/lead.ts';
import type { LeadModels } from '../../models/models.ts';
import { native } from '../../models/native.ts';
import { NOBODY, requestIdsOf, type RequestRecord } from '../../models/request-log.ts';
import { pingIdOf } from '../../rules/ping-id.ts';
import { timeOfTransaction, transactionIdsFrom } from '../../rules/transaction-id.ts';

/** The log has no index of transactions: it is gone through in parts that are soon answered. */
const PART_MS = 6 * 3_600_000;
/** Clocks of nodes differ a little. */
const BEFORE_MS = 60_000;

/** Blanks what the log of inbound requests shows of a lead: values of fields that are personal are not in it anyway. */
export async function blankRequests(
  { requestLog, leads, pings, clicks }: LeadModels,
  id: string,
  now = Date.now(),
): Promise<number> {
  const fields = { seller: 1, mode: 1 } as const;
  const about: Pick<LeadRecord, 'seller' | 'mode'> | null =
    (await untilAnswered(() => leads.findById(id, fields).lean().exec())) ??
    (await untilAnswered(() => pings.findById(pingIdOf(id), fields).lean().exec())) ??
    (await untilAnswered(() => clicks.findById(id, fields).lean().exec()));
  if (!about) return 0;
  let blanked = 0;
  for (const [owner, mode] of [[about.seller, about.mode] as const, [NOBODY, undefined] as const]) {
    const ids = requestIdsOf(owner, mode);
    const from = (at: number) => `${ids}${transactionIdsFrom(at).slice('txn_'.length)}`;
    for (let at = timeOfTransaction(id) - BEFORE_MS; at <= now; at += PART_MS) {
      const part = { _id: { $gte: from(at), $lt: from(at + PART_MS) }, transactionId: id };
      const gone = { $unset: { body: '', query: '', userAgent: '', network: '' } } as const;
      const { matchedCount } = await untilAnswered(() => native<RequestRecord>(requestLog).updateMany(part, gone));
      blanked += matchedCount;
    }
  }
  return blanked;
}
