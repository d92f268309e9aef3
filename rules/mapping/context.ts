/** What request mappings see. */
export interface MappingContext {
  lead: Record<string, unknown>;
  /** The bid that is being posted; beside id and price (in dollars) what its ping mapping kept as `private`. */
  bid?: { id?: string; price?: number; [name: string]: unknown };
  config: Record<string, unknown>;
  secrets: Record<string, string>;
  /**
   * `created_at` (ISO 8601) is when it was begun, the same for every repetition; `postback_url` is where its buyer may
   * later say what became of it; `lead_id` is its own id of the lead, once known.
   */
  delivery?: {
    id: string;
    token: string;
    created_at?: string;
    idempotency_key: string;
    postback_url: string;
    lead_id?: string;
  };
  /** In a postback: what it tells. Of an event that was fired also what came with it. */
  event?: { id: string; name: string; time: string; [more: string]: unknown };
  /** In a postback of an event: contact fields of the lead as advertising platforms want them, SHA-256 in hex. */
  hashed?: Record<string, string>;
  campaign: { id: string; name: string };
  source: { id: string };
  sandbox: boolean;
  /** ISO 8601 */
  now: string;
}

/** The names a path of a request mapping can start with. */
export const CONTEXT_ROOTS = [
  'lead',
  'bid',
  'config',
  'secrets',
  'delivery',
  'campaign',
  'source',
  'sandbox',
  'now',
] as const satisfies readonly (keyof MappingContext)[];

/** The names a path of a response mapping can start with. */
export const ANSWER_ROOTS = ['status', 'headers', 'body', 'text'] as const;
