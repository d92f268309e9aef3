import type { PortalDesk } from '../http/portal-address.ts';
import type { DeliveryRecord } from '../models/delivery.ts';
import { insertOnce, readMajority } from '../models/fence.ts';
import type { LeadModels } from '../models/models.ts';
import type { PortalRecord } from '../models/portal.ts';

const DAY_MS = 86_400_000;

/**
 * Keeps leads for buyers that fetch them. A lead is kept by the id of its delivery, so that a repetition finds it there,
 * and is shown once the delivery is accepted: one that comes too late is never seen.
 */
export function createPortalDesk(models: Pick<LeadModels, 'deliveries' | 'portal'>, now = Date.now): PortalDesk {
  return {
    async keep({ delivery: id, payload, expireDays }) {
      const delivery = await readMajority<DeliveryRecord>(models.deliveries, id);
      if (!delivery) throw new Error('The delivery is not there');
      const { lead, campaign, integration, buyer, mode } = delivery;
      const keptAt = now();
      await insertOnce<PortalRecord>(models.portal, {
        ...{ _id: id, lead, campaign, integration, buyer, mode, state: 'new', payload },
        keptAt: new Date(keptAt),
        ...(expireDays === undefined ? {} : { expiresAt: new Date(keptAt + expireDays * DAY_MS) }),
      });
    },
  };
}
