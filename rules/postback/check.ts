import type { Issue } from '../../errors/leadwire-error.ts';
import { bodyKinds } from '../../schema/mapping.ts';
import { oauthSecrets } from '../../schema/oauth.ts';
import type { BuyerPostback, EventPostback, SourcePostback } from '../../schema/postback.ts';
import { checkExpression } from '../mapping/check-expression.ts';
import type { Report } from '../mapping/check-report.ts';
import { checkRequest } from '../mapping/check-request.ts';
import { checkCondition } from '../mapping/check-response.ts';
import { POSTBACK_ROOTS } from './inbound.ts';
import { expandRequest, unknownMacros, type EventNames } from './macros.ts';
import { TEMPLATES } from './templates.ts';

/** What the request of a postback to a source sees. */
const ENDPOINT_ROOTS = ['lead', 'event', 'config', 'secrets', 'campaign', 'source', 'sandbox', 'now'];
/** What it sees where an event is told. */
const EVENT_ROOTS = [...ENDPOINT_ROOTS, 'hashed'];

/**
 * Every mistake in an endpoint that its schema cannot see.
 *
 * @param path where it stands
 * @param names fields that its addresses may name, where events are told to it
 * @param tellsStatus it is told what became of leads as well, or only that
 */
export function checkEndpoint(
  postback: EventPostback | SourcePostback,
  path: string,
  names: EventNames | undefined,
  tellsStatus: boolean,
): Issue[] {
  const { issues, report } = collect(path);
  const { request, template, settings = {}, secrets = [], sign, accepted, body } = postback;
  const oauth = postback.oauth ?? (template && TEMPLATES[template].oauth);
  for (const seen of [...(tellsStatus ? [undefined] : []), ...(names ? [names] : [])]) {
    for (const property of ['url', 'testUrl'] as const) {
      for (const name of unknownMacros(request?.[property] ?? '', seen)) {
        report(`request.${property}`, 'unknown_macro', `{${name}} is neither a field nor known otherwise`);
      }
    }
  }
  if (request) {
    const roots = tellsStatus ? ENDPOINT_ROOTS : EVENT_ROOTS;
    const seen = oauth ? [...secrets, 'access_token'] : secrets;
    checkRequest(expandRequest(request, tellsStatus ? undefined : names), { secrets: seen, roots }, report);
  }
  if (template) {
    if (tellsStatus) report('template', 'unused', 'tells events only, not what became of a lead');
    const wanted = TEMPLATES[template];
    for (const name of wanted.settings) {
      if (settings[name] === undefined) report('settings', 'missing_setting', `${template} wants a setting ${name}`);
    }
    for (const name of wanted.secrets) {
      if (!secrets.includes(name)) report('secrets', 'unknown_secret', `${template} wants a secret ${name}`);
    }
  }
  for (const name of oauth ? oauthSecrets(oauth) : []) {
    if (!secrets.includes(name)) report('secrets', 'unknown_secret', `a token is got with a secret ${name}`);
  }
  if (postback.oauth && template) report('oauth', 'unused', `${template} says itself how its token is got`);
  if (accepted !== undefined) checkCondition(accepted, 'accepted', report);
  if (body && (template || request?.method === 'GET' || bodyKinds(request ?? {}).length > 0)) {
    report('body', 'unused', 'has no effect: the request says what its body is', 'warning');
  }
  if (request && !sign && request.method !== 'GET') {
    report('sign', 'unsigned', 'is missing: the receiver cannot tell that a postback is ours', 'warning');
  }
  return issues;
}

/** The same for how an integration's buyer posts back. */
export function checkBuyerPostback(postback: BuyerPostback, path: string, secrets: readonly string[]): Issue[] {
  const { issues, report } = collect(path);
  const roots = POSTBACK_ROOTS;
  const states = ['returned', 'rejected', 'pending', 'accepted'] as const;
  for (const state of states) {
    const condition = postback[state];
    if (condition !== undefined) checkCondition(condition, state, report, roots);
  }
  const mapped = states.filter((state) => postback[state] !== undefined);
  if (mapped.length > 0 && !mapped.includes('accepted') && !mapped.includes('rejected')) {
    report(
      'accepted',
      'missing',
      'is missing, and so is rejected: no postback would ever settle a delivery',
      'warning',
    );
  }
  for (const name of ['price', 'reason', 'reasonCode', 'leadId'] as const) {
    const source = postback[name];
    if (source !== undefined) checkExpression(source, name, report, { roots });
  }
  for (const name of ['transactionId', 'leadId'] as const) {
    const source = postback.find?.[name];
    if (source !== undefined) checkExpression(source, `find.${name}`, report, { roots });
  }
  const declared = (name: string | undefined, at: string) => {
    if (name === undefined || secrets.includes(name)) return;
    report(at, 'unknown_secret', `The integration declares no secret "${name}"`);
  };
  declared(postback.token, 'token');
  postback.signature?.secrets.forEach((name, at) => declared(name, `signature.secrets[${at}]`));
  if (postback.find && !postback.token && !postback.signature) {
    report('find', 'unused', 'has no effect without token or signature: every delivery has its own address', 'warning');
  }
  return issues;
}

function collect(path: string): { issues: Issue[]; report: Report } {
  const issues: Issue[] = [];
  const report: Report = (at, code, message, severity) => {
    issues.push({ path: `${path}.${at}`, code, message, ...(severity ? { severity } : {}) });
  };
  return { issues, report };
}
