import type { Category } from '../../schema/integration.ts';
import { SDK_VERSION, type Connector, type Fixture } from '../../sdk/index.ts';

export interface Wanted {
  id: string;
  title: string;
  category: Category;
  /** Where the service takes requests. */
  url: string;
}

/** What a connector of a category is asked to do. */
const OPERATION = {
  Buyer: 'post',
  CRM: 'deliver',
  Dialer: 'deliver',
  Enrichment: 'enrich',
  Compliance: 'check',
  'Click Network': 'click',
  Custom: 'deliver',
} as const;
const SAYS = {
  post: 'Sells the lead',
  deliver: 'Hands the lead over',
  enrich: 'Asks for what is not known of the lead',
  check: 'Asks whether the lead may be sold',
  click: 'Asks for offers',
} as const;
const SAMPLE = { config: { campaign: '12' }, secrets: { token: 'sample-token' } };

/** The files of a package that passes, by their path in it. What stands in them is there to be replaced. */
export function packageFiles(wanted: Wanted): Record<string, string> {
  const operation = OPERATION[wanted.category];
  return {
    'connector.json': json(manifestOf(wanted, operation)),
    'package.json': json(packageOf(wanted)),
    'README.md': readmeOf(wanted, operation),
    [`test/exemplary/${operation}-accepted.json`]: json(fixtureOf(wanted, operation, true)),
    [`test/exemplary/${operation}-rejected.json`]: json(fixtureOf(wanted, operation, false)),
  };
}

function manifestOf({ id, title, category, url }: Wanted, operation: keyof typeof SAYS): Connector {
  return {
    id,
    title,
    description: `Leads for ${title}.`,
    category,
    version: '1.0.0',
    sdk: `^${SDK_VERSION}`,
    hosts: [new URL(url).host],
    authentication: { kind: 'bearer', token: '{{secrets.token}}' },
    config: {
      type: 'object',
      properties: {
        campaign: { type: 'string', title: 'Campaign', description: 'Its number', examples: ['12'] },
        token: { type: 'string', title: 'API token', description: 'From the account page', secret: true },
      },
      required: ['campaign', 'token'],
      additionalProperties: false,
    },
    operations: {
      [operation]: {
        description: SAYS[operation],
        request: {
          method: 'POST',
          url,
          json: {
            campaign: 'config.campaign',
            first_name: 'lead.first_name',
            phone: { field: 'lead.phone', format: 'national' },
            zip: 'lead.zip',
          },
        },
        response: {
          error: 'status >= 400',
          rejected: { 'body.status': 'rejected' },
          accepted: { 'body.status': 'accepted' },
          ...(operation === 'post' ? { price: 'body.price', leadId: 'body.id' } : {}),
          ...(operation === 'enrich' ? { capture: { line_type: 'body.line_type' } } : {}),
          reason: 'body.message',
        },
      },
    },
  };
}

function fixtureOf({ url }: Wanted, operation: keyof typeof SAYS, yes: boolean): Fixture {
  const price = yes && operation === 'post' ? { price: '12.5' } : {};
  const found = yes && operation === 'enrich' ? { line_type: 'mobile' } : undefined;
  return {
    operation,
    ...SAMPLE,
    input: { lead: { first_name: 'Ada', phone: '+12125550198', zip: '10001' } },
    request: {
      method: 'POST',
      url: new URL(url).href,
      headers: { authorization: 'Bearer sample-token', 'content-type': 'application/json' },
      body: { campaign: '12', first_name: 'Ada', phone: '2125550198', zip: '10001' },
    },
    response: {
      body: {
        status: yes ? 'accepted' : 'rejected',
        ...(operation === 'post' && yes ? { price: '12.50', id: 'L77' } : {}),
        ...found,
        ...(yes ? {} : { message: 'Out of area' }),
      },
    },
    result: {
      outcome: yes ? 'accepted' : 'rejected',
      ...price,
      ...(operation === 'post' && yes ? { leadId: 'L77' } : {}),
      ...(found ? { capture: found } : {}),
      ...(yes ? {} : { reason: 'Out of area' }),
    },
  };
}

function packageOf({ id, title }: Wanted) {
  return {
    name: `leadwire-connector-${id}`,
    version: '1.0.0',
    description: `Leadwire connector for ${title}`,
    type: 'module',
    license: 'MIT',
    keywords: ['leadwire-connector'],
    files: ['connector.json', 'index.js', 'test/'],
    peerDependencies: { '@leadwire/connector-sdk': `^${SDK_VERSION}` },
  };
}

function readmeOf({ id, title, category }: Wanted, operation: string): string {
  return `# ${title}

A [Leadwire](https://www.npmjs.com/search?q=keywords:leadwire-connector) connector (${category}): \`${operation}\`.

What it sends and understands is shown in [test/exemplary](test/exemplary).

\`\`\`sh
npx leadwire connector dev .       # try it, live
npx leadwire connector test .      # its fixtures, and what every connector must stand
npx leadwire connector pack .      # leadwire-connector-${id}-1.0.0.tgz
\`\`\`
`;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
