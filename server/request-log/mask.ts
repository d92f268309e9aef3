import type { CompiledCampaign } from '../../config/compile.ts';
import { MASK } from '../../http/masking.ts';
import { fieldClass } from '../../rules/fields/class.ts';
import { TRACKING } from '../../rules/fields/tracking.ts';
import type { FieldClass } from '../../schema/field.ts';

const MAX_NAMES = 200;
const MAX_VALUE = 200;

/** Parameters of ours that tell nobody's data and no secret. */
const OWN_PARAMETERS = ['pid', 'cid', 'ping_id', 'transaction_id', 'grant_type'];
const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
const OWN_ID =
  /^(?:(?:cmp|src|int|buy|sel)_[A-Za-z0-9_-]{1,60}|[a-z]{3,4}_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?::\d+)?)$/;
const PLAIN_WORD = /^[a-z][a-z_.-]{0,31}$/;
const MOMENT = /^\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:?\d\d)?)?$/;
/** An e-mail address, a key of ours, or seven digits that may belong together as a phone or card number's do. */
const TELLING = /@|%40|lw_[a-z]|(?:\d[\s().+-]*){7}/i;
const SECRET_NAME = /key|token|secret|passw|pwd|signature|credential/i;

export type Shown = string | number | boolean | null;

/** The values of inbound bodies and queries that may be read in the log. */
export interface ValueMask {
  /**
   * A value shows only when its field is one of the campaign's or of ours and its class is `other`: a name that nobody
   * configured may be a misspelt phone. Even then a value that looks like an e-mail address or a long number is masked,
   * and so is everything that is no plain value.
   *
   * @param own names of the operation's own parameters
   */
  values(
    values: Readonly<Record<string, unknown>>,
    campaign: CompiledCampaign | undefined,
    own?: readonly string[],
  ): Record<string, Shown>;
}

export function createValueMask(): ValueMask {
  const byCampaign = new WeakMap<CompiledCampaign, ReadonlyMap<string, FieldClass>>();
  const tracking = new Map(TRACKING.map((field) => [field.name, fieldClass(field)]));

  function classesOf(campaign: CompiledCampaign | undefined): ReadonlyMap<string, FieldClass> {
    if (!campaign) return tracking;
    const known = byCampaign.get(campaign);
    if (known) return known;
    const fields = campaign.campaign.fields.map((field) => [field.name, fieldClass(field)] as const);
    const classes = new Map([...tracking, ...fields]);
    byCampaign.set(campaign, classes);
    return classes;
  }

  return {
    values(values, campaign, own = []) {
      const classes = classesOf(campaign);
      const isPlain = (name: string) =>
        maskName(name) !== MASK &&
        !SECRET_NAME.test(name) &&
        (classes.get(name) === 'other' ||
          (!classes.has(name) && (OWN_PARAMETERS.includes(name) || own.includes(name))));
      const names = Object.keys(values);
      const masked = names
        .slice(0, MAX_NAMES)
        .map((name): [string, Shown] => [maskName(name), isPlain(name) ? maskValue(values[name]) : MASK]);
      if (names.length > MAX_NAMES) masked.push(['…', `${names.length - MAX_NAMES} more`]);
      return Object.fromEntries(masked);
    },
  };
}

function maskValue(value: unknown): Shown {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value !== 'string' && typeof value !== 'number') return MASK;
  const text = String(value).slice(0, MAX_VALUE);
  if (TELLING.test(text) && !OWN_ID.test(text) && !MOMENT.test(text)) return MASK;
  return typeof value === 'string' && value.length > MAX_VALUE ? `${text}…` : value;
}

/** A name is the client's as well: it shows when it reads like one. */
export function maskName(name: string): string {
  return PLAIN_NAME.test(name) && !TELLING.test(name) ? name : MASK;
}

/**
 * A path in which what the operation fixes and ids of ours show; a token does not, whatever it looks like. Where there is
 * no operation, words in lower case show, so that a misspelt address can be seen.
 */
export function maskPath(path: string, route: string | undefined): string {
  const template = route?.split('/');
  return path
    .split('/')
    .slice(0, 12)
    .map((segment, index) => {
      const parameter = template?.[index]?.match(/^\{(\w+)/)?.[1];
      if (segment === '' || (template && parameter === undefined)) return segment.slice(0, 64);
      if (parameter && /token|secret|key/i.test(parameter)) return MASK;
      return OWN_ID.test(segment) || (!template && PLAIN_WORD.test(segment)) ? segment : MASK;
    })
    .join('/');
}

/** The header in which software names itself; what looks like a person's address or number in it does not show. */
export function maskUserAgent(text: string): string {
  return /@|\d{9}/.test(text) ? MASK : text.slice(0, MAX_VALUE);
}
