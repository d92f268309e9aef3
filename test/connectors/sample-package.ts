import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { packageFiles } from '../../cli/connector/template.ts';
import type { Connector } from '../../schema/connector.ts';

/** A package as `leadwire connector create` makes it, as objects that a test may change. */
export interface SamplePackage {
  manifest: Connector;
  package: Record<string, unknown> & { name: string; version: string };
  /** The files of a tarball. */
  files(more?: Record<string, string>): Record<string, string>;
}

export function samplePackage(id: string, url: string, version = '1.0.0'): SamplePackage {
  const made = packageFiles({ id, title: id, category: 'Buyer', url });
  const manifest = { ...(JSON.parse(made['connector.json'] ?? '') as Connector), version };
  const own = { ...(JSON.parse(made['package.json'] ?? '') as SamplePackage['package']), version };
  return {
    manifest,
    package: own,
    files: (more = {}) => ({
      ...made,
      'connector.json': JSON.stringify(manifest),
      'package.json': JSON.stringify(own),
      ...more,
    }),
  };
}

/** The next major version: a property and a credential have other names, one is new. */
export function sampleSuccessor(id: string, url: string): SamplePackage {
  const next = samplePackage(id, url, '2.0.0');
  const { manifest } = next;
  const { campaign, token } = manifest.config.properties;
  manifest.config = {
    ...manifest.config,
    properties: {
      campaign_id: campaign as NonNullable<typeof campaign>,
      api_token: token as NonNullable<typeof token>,
      region: { type: 'string', title: 'Region', enum: ['us', 'ca'] },
    },
    required: ['campaign_id', 'api_token', 'region'],
  };
  manifest.authentication = { kind: 'bearer', token: '{{secrets.api_token}}' };
  manifest.migrations = [
    { to: '2.0.0', rename: { campaign: 'campaign_id', token: 'api_token' }, set: { region: 'us' } },
  ];
  const { post } = manifest.operations;
  if (post?.request?.json) {
    post.request.json = { ...post.request.json, campaign: 'config.campaign_id', region: 'config.region' };
  }
  const { files } = next;
  return {
    ...next,
    files(more = {}) {
      const made = files();
      const fixtures = Object.entries(made).filter(([path]) => path.startsWith('test/'));
      const renamed = fixtures.map(([path, text]) => {
        const fixture = JSON.parse(text) as { config: object; secrets: object; request: { body: object } };
        fixture.config = { campaign_id: '12', region: 'us' };
        fixture.secrets = { api_token: 'sample-token' };
        fixture.request.body = { ...fixture.request.body, region: 'us' };
        return [path, JSON.stringify(fixture)] as const;
      });
      return { ...made, ...Object.fromEntries(renamed), ...more };
    },
  };
}

/** The service that the sample speaks to: it buys whatever it gets. */
export async function startSampleService() {
  const got: { authorization: string | undefined; body: Record<string, unknown> }[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    void json(request).then((body) => {
      got.push({ authorization: request.headers.authorization, body: body as Record<string, unknown> });
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ status: 'accepted', price: '12.50', id: `L${got.length}` }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    got,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/leads`,
    stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  };
}
