import { z } from 'zod';
import { FIELD_TYPES } from '../../schema/field.ts';
import { campaignId } from '../../schema/ids.ts';
import { embeddedFormSchema, trackedEventSchema } from '../../schema/tracking.ts';
import { operation, type Operation } from '../api/operation.ts';
import { linkOf } from '../tracking/clicks.ts';
import { pageKey } from '../tracking/page-key.ts';
import { pageSettings } from '../tracking/page-settings.ts';
import type { BrowserScripts, ScriptName } from '../tracking/scripts.ts';
import type { TrackingDeps } from './clicks.ts';

const SCRIPT_HEADERS = {
  'cache-control': 'public, max-age=300',
  'cross-origin-resource-policy': 'cross-origin',
};
/** A page reads its settings on every view; changes show within a minute. */
const SETTINGS_HEADERS = { 'cache-control': 'private, max-age=60' };

export interface SdkDeps extends TrackingDeps {
  scripts: BrowserScripts;
}

/** The scripts for sellers' pages, and what a campaign tells them. */
export function sdkOperations({ config, keys, scripts }: SdkDeps): Operation[] {
  return [
    script('sdk.js', 'browserSdk', 'The browser SDK', scripts),
    script('form.js', 'embeddedForm', 'The form to embed with one script tag', scripts),
    operation(
      {
        id: 'pageSettings',
        method: 'get',
        path: '/sdk/{cid}',
        tag: 'Tracking',
        summary: "What a campaign's pages need to know: events to fire and the form to show",
        access: [],
        pages: true,
        params: z.object({ cid: campaignId }),
        query: z.object({ key: z.string().max(200).describe('Publishable key of the page that asks') }),
        answers: { 200: { description: 'The settings', schema: settings } },
        errors: [
          'unknown_campaign',
          'campaign_paused',
          'campaign_not_allowed',
          'source_inactive',
          'unknown_key',
          'origin_not_allowed',
          'key_not_allowed',
          'address_not_allowed',
        ],
      },
      async ({ params: { cid }, query: { key }, context }) => {
        const { campaign } = linkOf(config.current(), cid, undefined, await pageKey(keys, key, context));
        const body = { status: 200, type: 'success', ...pageSettings(campaign) };
        return { status: 200, headers: SETTINGS_HEADERS, body };
      },
    ),
  ];
}

const settings = z.object({
  status: z.literal(200),
  type: z.literal('success'),
  campaign: campaignId,
  events: z.array(trackedEventSchema),
  fields: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      type: z.enum(FIELD_TYPES),
      required: z.boolean(),
      values: z.array(z.string()).optional(),
      min: z.number().optional(),
      max: z.number().optional(),
      maxLength: z.int().optional(),
    }),
  ),
  form: embeddedFormSchema.required({ steps: true }),
});

function script(name: ScriptName, id: string, summary: string, scripts: BrowserScripts): Operation {
  return operation(
    {
      id,
      method: 'get',
      path: `/${name}`,
      tag: 'Tracking',
      summary,
      access: [],
      headers: z.object({ 'if-none-match': z.string().optional() }),
      answers: {
        200: { description: 'JavaScript', contentType: 'text/javascript', schema: { type: 'string' } },
        304: { description: 'The browser has it already' },
      },
      errors: [],
    },
    async ({ header }) => {
      const { text, etag } = scripts[name];
      const headers = { ...SCRIPT_HEADERS, etag };
      const known = (header('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
      if (known.includes(etag)) return { status: 304, headers };
      return { status: 200, headers, type: 'text/javascript; charset=utf-8', body: text };
    },
  );
}
