/** A point in the delivery protocol at which a node is killed or stopped. */
export interface FaultPoint {
  name: string;
  /** MongoDB command, by its collection; `started` is before the server has it, `succeeded` after its answer. */
  mongo?: {
    when: 'started' | 'succeeded';
    command: 'insert' | 'update' | 'findAndModify' | 'delete';
    collection: string;
    has?: string;
  };
  /** undici's diagnostics channel, for a request whose path contains `/post`. */
  http?: 'undici:request:create' | 'undici:request:bodySent' | 'undici:request:headers';
  /** Which occurrence; default the second, so that another lead is somewhere in between. */
  nth?: number;
}

/** Every numbered point of the protocol, in the order in which a lead passes them. */
export const POINTS: readonly FaultPoint[] = [
  { name: 'the claim is taken', mongo: { when: 'succeeded', command: 'insert', collection: 'claims' } },
  { name: 'the outbox row is written', mongo: { when: 'succeeded', command: 'insert', collection: 'outbox' } },
  { name: 'the lead is about to be inserted', mongo: { when: 'started', command: 'insert', collection: 'leads' } },
  { name: 'the lead is inserted', mongo: { when: 'succeeded', command: 'insert', collection: 'leads' } },
  {
    name: 'the auction is about to be recorded',
    mongo: { when: 'started', command: 'insert', collection: 'auctions' },
  },
  { name: 'the auction is recorded', mongo: { when: 'succeeded', command: 'insert', collection: 'auctions' } },
  { name: 'the delivery is reserving', mongo: { when: 'succeeded', command: 'insert', collection: 'deliveries' } },
  { name: 'the cap place is taken', mongo: { when: 'succeeded', command: 'update', collection: 'caps' } },
  {
    name: 'the fence is up',
    mongo: { when: 'succeeded', command: 'findAndModify', collection: 'deliveries', has: 'sending' },
  },
  { name: 'the socket is not yet handed over', http: 'undici:request:create' },
  { name: 'the request is sent', http: 'undici:request:bodySent' },
  { name: 'the answer is there', http: 'undici:request:headers' },
  {
    name: 'the accept is about to be recorded',
    mongo: { when: 'started', command: 'findAndModify', collection: 'deliveries', has: 'accepted' },
  },
  {
    name: 'the accept is recorded',
    mongo: { when: 'succeeded', command: 'findAndModify', collection: 'deliveries', has: 'accepted' },
  },
  { name: 'the sale is in the ledger', mongo: { when: 'succeeded', command: 'insert', collection: 'ledger' } },
  { name: 'the lead is about to be concluded', mongo: { when: 'started', command: 'update', collection: 'leads' } },
  { name: 'the lead is concluded', mongo: { when: 'succeeded', command: 'update', collection: 'leads' } },
];
