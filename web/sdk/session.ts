/** Parameters of a page's address that say where its visitor came from. */
const TRACKING = /^(?:(?:sub|adv)[1-5]|utm_[a-z_]{1,20}|clid|external_clickid|cost|cost_operation|adSpend)$/;
/** Click ids that advertising networks append by themselves; the first one found is the external_clickid. */
const NETWORK_CLICK_IDS = ['gclid', 'gbraid', 'wbraid', 'fbclid', 'msclkid', 'ttclid'];
const TRANSACTION_ID = /^txn_[0-9a-f-]{36}$/;

/** What is remembered of a visitor for as long as the tab is open. */
export interface Session {
  /** Transaction id of the visit, once it has one. */
  id?: string;
  /** A lead was posted under the id: events still go by it, another lead needs a new one. */
  used?: boolean;
  tracking: Record<string, string>;
}

/**
 * Takes up a visit where the tab left it. An address that brings a transaction id, as a tracking link's landing page
 * gets it, begins a new one.
 */
export function openSession(cid: string): { session: Session; save(): void } {
  const name = `leadwire:${cid}`;
  const found = read(name);
  const arrived = arrival(new URLSearchParams(location.search));
  const session = found && (!arrived.id || arrived.id === found.id) ? found : arrived;
  const save = () => write(name, session);
  save();
  return { session, save };
}

function arrival(parameters: URLSearchParams): Session {
  const tracking: Record<string, string> = {};
  for (const [name, value] of parameters) {
    if (TRACKING.test(name) && value && !(name in tracking)) tracking[name] = value;
  }
  const clickId = NETWORK_CLICK_IDS.map((name) => parameters.get(name)).find(Boolean);
  if (clickId && !tracking['external_clickid']) tracking['external_clickid'] = clickId;
  const id = parameters.get('transaction_id') ?? '';
  return TRANSACTION_ID.test(id) ? { id, tracking } : { tracking };
}

// A browser may forbid storage altogether; the visit then lasts as long as the page.
function read(name: string): Session | undefined {
  try {
    const session = JSON.parse(sessionStorage.getItem(name) ?? 'null') as Session | null;
    return session?.tracking ? session : undefined;
  } catch {
    return undefined;
  }
}

function write(name: string, session: Session) {
  try {
    sessionStorage.setItem(name, JSON.stringify(session));
  } catch {
    // As above.
  }
}
