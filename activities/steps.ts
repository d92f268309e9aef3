import type { DeliveryState } from '../rules/delivery.ts';
import type { Outcome, OutcomeReason } from '../rules/outcome.ts';

/** One round as a workflow's history shows it: ids, decisions, prices and reason codes, nothing personal. */
export interface RoundSummary {
  round: number;
  integration: string;
  buyer: string;
  state: DeliveryState;
  reason?: string;
  /** Nothing was sent in an earlier try to sell a held lead: its buyer may be asked again. */
  past?: boolean;
  /** In the campaign's currency. */
  price: number;
  /** It was offered to be had alone. */
  exclusive?: true;
  /** Group of the auction that its integration is in. */
  group?: string;
}

/** Where a lead stands between two steps of its workflow. */
export interface LeadStep {
  transactionId: string;
  /** Number of the auction whose bids are offered. */
  auction: number;
  rounds: RoundSummary[];
  /** Turn of the lead record that this was read at. */
  turn: number;
  /** Epoch milliseconds; no new post after this. Absent: as the lead record says. */
  sellBy?: number;
  next: 'auction' | 'offer' | 'wait' | 'end';
  /** Epoch milliseconds; a lead that was held is held no longer than this. */
  holdUntil?: number;
  /** Epoch milliseconds, for `wait`. */
  until?: number;
  /** Bids the seller picked when it was asked, by the names it knows them by. */
  chosen?: string[];
  /** It is offered to nobody any more, and why. */
  withdrawn?: 'consent_revoked' | 'erased';
  outcome?: Outcome;
  reason?: OutcomeReason;
  /** Set for `end` when the outcome is `sold`. */
  buyers?: string[];
}

/** What an auction came to, for the history: who bid what, and who was left out for which reason. */
export interface AuctionStep {
  ranked: { integration: string; price: number }[];
  /** Integration → `bid`, `no_bid` or the reason it was not asked. */
  participants: Record<string, string>;
}

/** What selling a lead came to: who was asked and why not, the bids in rank, every post, and the outcome. */
export type SaleResult = LeadStep & Pick<AuctionStep, 'participants' | 'ranked'>;

/** What a ping came to: the bids in rank at the buyers' prices, and why others did not bid. */
export type PingStep = AuctionStep & { transactionId: string; outcome: 'bid' | 'no_bid' };

/** What one look at the alerts came to. */
export interface AlertStep {
  /** Alerts that were looked at. */
  alerts: number;
  fired: number;
  recovered: number;
}

/** What became of one attempt to deliver a lead to a service after its outcome. */
export interface FollowUpStep {
  state: 'done' | 'failed' | 'open' | 'skipped';
  reason?: string;
  attempts: number;
}

/** What became of a postback, or of one attempt of it. */
/** What the first attempts of an event's postbacks came to. */
export interface EventStep {
  /** Ids of those that have to be tried again. */
  again: string[];
  /** One or more were refused for good. */
  failed: boolean;
}

export interface PostbackStep {
  state: 'open' | 'delivered' | 'failed';
  reason?: string;
  /** HTTP status of the last answer. */
  status?: number;
  attempts: number;
}
