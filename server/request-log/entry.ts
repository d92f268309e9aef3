import ipaddr from 'ipaddr.js';
import type { Context } from 'koa';
import type { CompiledCampaign } from '../../config/compile.ts';
import type { KeyHolder, SellerKey } from '../../config/key-holder.ts';
import type { ConfigurationRuntime } from '../../config/runtime.ts';
import { sourceOf } from '../../config/sources.ts';
import { NOBODY, requestIdsOf, type RequestRecord } from '../../models/request-log.ts';
import { isTransactionId } from '../../rules/transaction-id.ts';
import type { OperationSpec } from '../api/operation.ts';
import type { BodyState } from '../middleware/body.ts';
import { maskName, maskPath, maskUserAgent, type ValueMask } from './mask.ts';

const MAX_NAMED = 100;
const KEY_START = /(?:^|\s)(lw_[a-z_]{4,12}_[0-9a-f]{8})/;

export interface EntryDeps {
  mask: ValueMask;
  config: Pick<ConfigurationRuntime, 'current'>;
  addressOf: (context: Context) => string;
}

/** What the log takes from a request beside its context. */
export interface Observed {
  /** UUID of the request. */
  uuid: string;
  at: Date;
  durationMs: number;
  bytesOut: number;
  aborted: boolean;
}

interface RequestState extends Partial<BodyState> {
  key?: KeyHolder;
  operation?: OperationSpec;
}

/** The record of an answered request. Whatever in it came from the client is masked. */
export function requestEntry(deps: EntryDeps, context: Context, observed: Observed): RequestRecord {
  const { key, operation, raw, body } = context.state as RequestState;
  const { uuid, aborted, ...measured } = observed;
  const params = (context as { params?: Record<string, string> }).params ?? {};
  const campaign = ifConfigured(() => deps.config.current().campaigns.get(params['cid'] ?? ''));
  const source = campaign && key?.kind === 'seller' ? sourceFor(deps, key, body?.['pid']) : undefined;
  const userAgent = context.get('user-agent');
  const network = networkOf(deps.addressOf(context));
  const owner = ownerOf(key);
  return {
    _id: `${requestIdsOf(owner ?? NOBODY, key?.mode)}${uuid}`,
    ...measured,
    method: context.method,
    ...(operation ? { route: operation.path } : {}),
    path: maskPath(context.path, operation?.path),
    ...(context.querystring ? { query: queryOf(deps, context, campaign, operation) } : {}),
    status: context.status,
    ...answerOf(context, params['id']),
    ...(aborted ? { aborted } : {}),
    bytesIn: raw?.length ?? (Number(context.get('content-length')) || 0),
    ...holderOf(key, source, context),
    ...(campaign ? { campaign: campaign.id } : {}),
    ...(network ? { network } : {}),
    ...(userAgent ? { userAgent: maskUserAgent(userAgent) } : {}),
    ...(isRecord(body) ? { body: deps.mask.values(body, campaign) } : {}),
  };
}

/** The source a lead was posted for, where a key is good for several. */
function sourceFor({ config }: EntryDeps, key: SellerKey, pid: unknown): string | undefined {
  return key.source ?? ifConfigured(() => sourceOf(config.current(), key, pid).id);
}

/** What the configuration says, where there is one and it says something. */
function ifConfigured<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Whose requests are those of operators' keys. */
const OPERATORS = 'operators';

/** Whose request it is: the seller or buyer of the key. */
function ownerOf(key: KeyHolder | undefined): string | undefined {
  if (key?.kind === 'operator') return OPERATORS;
  return key?.kind === 'buyer' ? key.buyer : key?.seller;
}

function holderOf(key: KeyHolder | undefined, source: string | undefined, context: Context) {
  if (!key) {
    const presented = KEY_START.exec(`${context.get('x-api-key')} ${context.get('authorization')}`)?.[1];
    return presented ? { key: presented } : {};
  }
  const { id, mode } = key;
  if (key.kind === 'operator') return { key: id, mode };
  if (key.kind === 'buyer') return { key: id, mode, buyer: key.buyer };
  const of = source ?? key.source;
  return { key: id, mode, seller: key.seller, ...(of === undefined ? {} : { source: of }) };
}

/** What the answer says about the request: codes, ids and names of fields. */
function answerOf(context: Context, id: string | undefined): Partial<RequestRecord> {
  const answer: Record<string, unknown> = isRecord(context.body) ? context.body : {};
  const { code, transaction_id: made = id, missingFields, invalidFields, errors } = answer;
  const invalid = [...namesOf(invalidFields), ...(Array.isArray(errors) ? errors.map(pathOf) : [])];
  const missing = namesOf(missingFields);
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof made === 'string' && isTransactionId(made) ? { transactionId: made } : {}),
    ...(missing.length > 0 ? { missingFields: missing.slice(0, MAX_NAMED).map(maskName) } : {}),
    ...(invalid.length > 0 ? { invalidFields: invalid.slice(0, MAX_NAMED).map(maskName) } : {}),
  };
}

function namesOf(named: unknown): string[] {
  return isRecord(named) ? Object.keys(named) : [];
}

function pathOf(issue: unknown): string {
  return isRecord(issue) && typeof issue['path'] === 'string' ? issue['path'] : '';
}

function queryOf({ mask }: EntryDeps, context: Context, campaign: CompiledCampaign | undefined, spec?: OperationSpec) {
  return mask.values(context.query, campaign, spec?.query ? Object.keys(spec.query.shape) : []);
}

/** The network a client is in, so that requests can be told apart without telling who sent them. */
export function networkOf(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return undefined;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === 'ipv4') return `${parsed.toString().split('.').slice(0, 3).join('.')}.0/24`;
  return `${parsed.toNormalizedString().split(':').slice(0, 3).join(':')}::/48`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value);
}
