import assert from 'node:assert/strict';
import { choosePort } from '../../dev/servers/ports.ts';
import type { Field } from '../../schema/field.ts';
import { campaignFile } from '../leads/campaign-file.ts';
import { createDeployment, send, type Deployment } from '../leads/deployment.ts';
import { runSample, samplesOn, type ReadSample } from './reader.ts';

/** One field of each type and limit, all required: a sample that misses one of them is refused. */
const FIELDS: Field[] = [
  { name: 'birth_date', type: 'date', required: 'post' },
  { name: 'vehicle_year', type: 'number', min: 1950, max: 2030, required: 'ping' },
  { name: 'home_owner', type: 'enum', values: ["it's mine", 'Rent "it"', 'é & <b>'], required: 'ping' },
  { name: 'insured', type: 'boolean', required: 'post' },
  { name: 'ip_address', type: 'ip', required: 'post' },
  { name: 'landing_page', type: 'url', required: 'post' },
  { name: 'vin', type: 'text', pattern: '[A-HJ-NPR-Z0-9]{17}', normalise: ['upper'], required: 'post' },
  { name: 'quote', type: 'text', example: `back\\slash $HOME "it's" \`ls\` é`, required: 'post' },
];

describe('posting instructions: their samples', () => {
  let deployment: Deployment;
  let url: string;
  let samples: ReadSample[];

  before(async () => {
    deployment = await createDeployment();
    const file = campaignFile(deployment.buyers.url);
    file.campaigns?.[0]?.fields.push(...FIELDS);
    await deployment.apply(file);
    const port = await choosePort(0, 'LEADWIRE_PORT');
    ({ url } = await deployment.start({ port, publicUrl: `http://127.0.0.1:${port}` }));
    const token = await deployment.links.tokenOf('src_one', 'test');
    const answer = await fetch(`${url}/docs/posting/${token}`);
    assert.equal(answer.status, 200);
    samples = samplesOn(await answer.text());
  });
  after(() => deployment.stop());

  const sample = (kind: string, language: string, key: string): ReadSample => {
    const found = samples.find((one) => one.kind === kind && one.language === language);
    assert.ok(found, `no sample of ${kind} in ${language}`);
    assert.ok(found.code.includes('YOUR_API_KEY'));
    return { ...found, code: found.code.replaceAll('YOUR_API_KEY', key) };
  };

  it('are there for each way of posting in each language', () => {
    const kinds = samples.map(({ kind, language }) => `${kind} ${language}`).sort();
    assert.deepEqual(kinds, [
      'direct curl',
      'direct javascript',
      'direct php',
      'direct python',
      'ping curl',
      'ping-post javascript',
      'ping-post php',
      'ping-post python',
      'post curl',
    ]);
  });

  for (const language of ['curl', 'javascript', 'python']) {
    it(`sell a lead the first time: direct post in ${language}`, async () => {
      const [answer] = await runSample(sample('direct', language, deployment.keys.live));
      assert.deepEqual([answer?.['status'], answer?.['outcome']], [200, 'sold'], JSON.stringify(answer));
    });
  }

  for (const language of ['javascript', 'python']) {
    it(`sell a lead the first time: ping, then post in ${language}, with a test key`, async () => {
      const [ping, answer] = await runSample(sample('ping-post', language, deployment.keys.test));
      assert.deepEqual(
        [ping?.['status'], ping?.['outcome'], ping?.['sandbox']],
        [200, 'bid', true],
        JSON.stringify(ping),
      );
      assert.deepEqual([answer?.['status'], answer?.['outcome']], [200, 'sold'], JSON.stringify(answer));
      assert.equal(answer?.['ping_id'], ping?.['ping_id']);
    });
  }

  it('sell a lead the first time: ping, then post with curl', async () => {
    const [ping] = await runSample(sample('ping', 'curl', deployment.keys.live));
    assert.equal(ping?.['outcome'], 'bid', JSON.stringify(ping));
    const { code, ...rest } = sample('post', 'curl', deployment.keys.live);
    const [answer] = await runSample({ ...rest, code: code.replace('PING_ID', String(ping['ping_id'])) });
    assert.deepEqual([answer?.['outcome'], answer?.['price']], ['sold', ping['price']], JSON.stringify(answer));
  });

  it('say the same in PHP: the same addresses, headers and values', () => {
    const values = (code: string) =>
      code.match(/(?:birth_date|vin|landing_page)["']?\W+[\w:/.-]+/g)?.map((text) => text.replace(/["'=>: ]+/, ' '));
    for (const kind of ['direct', 'ping-post']) {
      const php = sample(kind, 'php', 'key').code;
      const python = sample(kind, 'python', 'key').code;
      assert.deepEqual(php.match(/http:[^'"]+/g), python.match(/http:[^'"]+/g));
      assert.deepEqual(values(php), values(python));
      assert.ok(values(php)?.length);
    }
  });

  it('name every required field: what is left out is what the API misses', async () => {
    const { body } = await send(`${url}/api/lead/cmp_test`, {}, { 'x-api-key': deployment.keys.live });
    const { code } = sample('direct', 'python', 'key');
    for (const name of Object.keys(body['missingFields'] as object)) assert.ok(code.includes(`"${name}":`), name);
  });
});
