import { TEMPLATES, type Template } from '../../rules/postback/templates.ts';
import type { Authentication } from '../../schema/authentication.ts';
import type { ConfigProperty, Connector } from '../../schema/connector.ts';
import { oauthSecrets, type OAuthSettings } from '../../schema/oauth.ts';
import type { PostbackTemplate } from '../../schema/postback.ts';
import type { ConnectorSource } from './catalog.ts';

const TITLES: Readonly<Record<PostbackTemplate, string>> = {
  everflow: 'Everflow',
  tune: 'TUNE',
  voluum: 'Voluum',
  taboola: 'Taboola',
  outbrain: 'Outbrain',
  facebook: 'Facebook Conversions API',
  google_ads: 'Google Ads',
  tiktok: 'TikTok Events API',
};

/** The templates of postbacks as connectors of the operation `postback`: what they send stands in one place alone. */
export function postbackSources(): ConnectorSource[] {
  return (Object.keys(TEMPLATES) as PostbackTemplate[]).map((name) => {
    const manifest = postbackConnector(name);
    return { name: manifest.id, version: manifest.version, manifest };
  });
}

function postbackConnector(name: PostbackTemplate): Connector {
  const template = TEMPLATES[name];
  const { request, accepted, oauth } = template;
  const secrets = [...template.secrets, ...(oauth ? oauthSecrets(oauth) : [])];
  const settings = settingsOf(template);
  return {
    // A template's name may hold an underscore, an id may not.
    id: name.replaceAll('_', '-'),
    title: TITLES[name],
    description: `Tells ${TITLES[name]} about events. The same as the template ${name} of a postback.`,
    category: 'Custom',
    version: '1.0.0',
    sdk: '^1.0.0',
    hosts: [hostOf(request.url), ...(oauth ? [hostOf(oauth.tokenUrl)] : [])],
    ...(oauth ? { authentication: authenticationOf(oauth) } : {}),
    config: {
      type: 'object',
      properties: Object.fromEntries([
        ...settings.map((setting) => [setting, { type: 'string', title: titleOf(setting) }] as const),
        ...secrets.map((secret) => [secret, { type: 'string', title: titleOf(secret), secret: true }] as const),
      ]) satisfies Record<string, ConfigProperty>,
      required: [...template.settings, ...secrets],
      additionalProperties: false,
    },
    operations: {
      postback: {
        description: 'Sends one event',
        request,
        response: {
          error: 'status in [408, 429] or status >= 500',
          rejected: accepted === undefined ? 'status >= 300' : `status >= 300 or $not(${accepted})`,
          accepted: accepted === undefined ? 'status < 300' : accepted,
        },
      },
    },
  };
}

/** Every setting that its request looks at, those that it cannot do without first. */
function settingsOf({ request, settings }: Template): string[] {
  const named = [...JSON.stringify(request).matchAll(/\bconfig\.(\w+)/g)].map(([, setting = '']) => setting);
  return [...new Set([...settings, ...named])];
}

/** `api_version` is `Api version` to those who fill it in. */
function titleOf(name: string): string {
  return `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll('_', ' ')}`;
}

function hostOf(url: string): string {
  return /^https:\/\/([^/?]+)/.exec(url)?.[1] ?? '';
}

function authenticationOf({ tokenUrl, grant, scope, clientIn }: OAuthSettings): Authentication {
  const client = {
    tokenUrl,
    clientId: '{{secrets.client_id}}',
    clientSecret: '{{secrets.client_secret}}',
    ...(scope === undefined ? {} : { scope }),
    ...(clientIn === undefined ? {} : { clientIn }),
  };
  return grant === 'client_credentials'
    ? { kind: 'oauth2_client_credentials', ...client }
    : { kind: 'oauth2_refresh_token', ...client, refreshToken: '{{secrets.refresh_token}}' };
}
