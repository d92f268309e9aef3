import type { Campaign } from '../../schema/campaign.ts';
import type { CampaignTracking } from '../../schema/tracking.ts';
import type { Entry } from './draft.ts';
import { join, type Findings } from './issues.ts';

/** What a campaign's tracking says that its shape alone cannot: events that never fire, form steps that lack a field. */
export function checkTracking({ object, path, broken }: Entry<Campaign>, findings: Findings): void {
  const { tracking } = object;
  if (!tracking || broken.has('tracking')) return;
  const where = join(path, 'tracking');
  checkEvents(tracking, where, findings);
  if (!broken.has('fields')) checkSteps(tracking, object.fields ?? [], where, findings);
}

function checkEvents({ events = [] }: CampaignTracking, path: string, findings: Findings) {
  events.forEach(({ on, selector, step }, at) => {
    const where = join(path, 'events', at);
    if (on === 'click' && selector === undefined) {
      findings.error(join(where, 'selector'), 'missing', 'is missing: it says which clicks are meant');
    }
    if (selector !== undefined && on !== 'click' && on !== 'view') {
      findings.warn(join(where, 'selector'), 'unused', 'has an effect on views and clicks only');
    }
    if (step !== undefined && on !== 'step') {
      findings.warn(join(where, 'step'), 'unused', 'has an effect on steps only');
    }
  });
}

function checkSteps(
  { form }: CampaignTracking,
  fields: NonNullable<Campaign['fields']>,
  path: string,
  findings: Findings,
) {
  if (!form?.steps) return;
  const shown = new Set<string>();
  form.steps.forEach((step, at) =>
    step.fields.forEach((name, position) => {
      const where = join(path, 'form', 'steps', at, 'fields', position);
      const field = fields.find((candidate) => candidate.name === name);
      if (!field) findings.error(where, 'unknown_field', `the campaign has no field ${name}`);
      else if (field.hidden) findings.error(where, 'hidden_field', `${name} is hidden`);
      if (shown.has(name)) findings.error(where, 'duplicate', 'is already in the form');
      shown.add(name);
    }),
  );
  for (const { name, required = 'never', hidden } of fields) {
    if (hidden || required === 'never' || shown.has(name)) continue;
    const message = `lacks ${name}, which every lead must have: the page has to add it`;
    findings.warn(join(path, 'form', 'steps'), 'missing_field', message);
  }
}
