import { formValues, withConsentDate, type Values } from './form-values.ts';
import { ask, post, randomKey, type Answer } from './server.ts';
import { openSession } from './session.ts';
import type { PageSettings } from './settings.ts';

export interface Options {
  /** The campaign. */
  cid: string;
  /** The publishable key of the source. */
  key: string;
  /** Where Leadwire is. Default: where the script came from. */
  endpoint: string;
}

export type Client = ReturnType<typeof createClient>;
/** What can happen on a page that an event may be configured for. */
export type Moment = { on: 'submit' } | { on: 'step'; step: string };

/** Codes of a transaction id that no lead can have any more: the visit gets another one. */
const SPENT = ['unknown_click', 'click_already_used'];

/** One page's side of a campaign. Nothing here throws for what the server or the network does. */
export function createClient({ cid, key, endpoint }: Options) {
  const base = endpoint.replace(/\/+$/, '');
  const campaign = encodeURIComponent(cid);
  const { session, save } = openSession(cid);
  const listeners: ((moment: Moment) => void)[] = [];
  let arriving: Promise<string | undefined> | undefined;
  let submitting: { fields: string; answer: Promise<Answer> } | undefined;
  let asked: Promise<PageSettings | undefined> | undefined;

  async function arrive(): Promise<string | undefined> {
    const query = new URLSearchParams({ ...session.tracking, format: 'json', key, referrer: document.referrer });
    const answer = await ask(`${base}/click/${campaign}?${query.toString()}`);
    if (!answer.ok || !answer.transaction_id) return undefined;
    session.id = answer.transaction_id;
    session.used = false;
    save();
    return session.id;
  }

  /** The id of this visit; `undefined` when the server did not hand one out. */
  async function transactionId(unused = false): Promise<string | undefined> {
    if (session.id && !(unused && session.used)) return session.id;
    arriving ??= arrive().finally(() => (arriving = undefined));
    return arriving;
  }

  async function submitFields(fields: Values): Promise<Answer> {
    for (let again = false; ; again = true) {
      const id = await transactionId(true);
      const lead = { ...session.tracking, ...fields, ...(id ? { transaction_id: id } : {}) };
      const answer = await post(`${base}/api/lead/${campaign}`, key, lead, randomKey());
      if (answer.ok) {
        session.id = answer.transaction_id ?? id;
        session.used = true;
        save();
        tell({ on: 'submit' });
      }
      if (again || !SPENT.includes(answer.code ?? '')) return answer;
      session.used = true;
    }
  }

  function tell(moment: Moment) {
    for (const listener of listeners) listener(moment);
  }

  return {
    transactionId: () => transactionId(),

    /** Posts a lead. The same fields while they are under way are the same lead. */
    submit(input: HTMLFormElement | Values): Promise<Answer> {
      const values = withConsentDate(input instanceof HTMLFormElement ? formValues(input) : { ...input });
      const fields = JSON.stringify(values);
      if (submitting?.fields === fields) return submitting.answer;
      const answer = submitFields(values).finally(() => (submitting = undefined));
      submitting = { fields, answer };
      return answer;
    },

    /** Fires an event of the campaign for this visit or its lead. `data` may hold revenue and the like. */
    async event(name: string, data: Values = {}): Promise<Answer> {
      const id = await transactionId();
      return post(`${base}/api/event/trigger`, key, { ...data, cid, event_id: name, transaction_id: id });
    },

    /** Says that the visitor reached a step of a form of your own. */
    step: (name: string | number) => tell({ on: 'step', step: String(name) }),
    onMoment: (listener: (moment: Moment) => void) => void listeners.push(listener),

    /** What the campaign has configured for its pages. */
    settings(): Promise<PageSettings | undefined> {
      const query = new URLSearchParams({ key });
      asked ??= ask<PageSettings>(`${base}/sdk/${campaign}?${query.toString()}`).then((answer) =>
        answer.ok ? answer : undefined,
      );
      return asked;
    },
  };
}
