import assert from 'node:assert/strict';
import { parse } from 'yaml';
import { builtInConnectors } from '../../config/connectors/catalog.ts';
import { checkConfig, isSecret } from '../../rules/connector/config.ts';
import { formValues } from '../../rules/connector/form.ts';
import type { ConfigSchema } from '../../schema/connector.ts';
import { configForm, readForm } from '../../server/connectors/config-form.ts';
import { createDeployment, type Deployment } from '../leads/deployment.ts';
import { launchBrowser, visit } from '../tracking/browser.ts';

const SCHEMA: ConfigSchema = {
  type: 'object',
  properties: {
    account: { type: 'string', title: 'Account', pattern: '^[0-9]+$' },
    product: { type: 'integer', minimum: 1 },
    rate: { type: 'number' },
    region: { type: 'string', enum: ['us', 'ca'], default: 'us' },
    live: { type: 'boolean' },
    lists: { type: 'array', items: { type: 'number' } },
    names: { type: 'object', additionalProperties: { type: 'string' } },
    key: { type: 'string', secret: true },
  },
  required: ['account', 'key'],
};

describe('the form of a connector', function () {
  this.timeout(60_000);

  it('gives values of the types that its schema has', () => {
    const sent = {
      ...{ account: '12', product: '171', rate: '0.5', region: 'ca', live: 'false' },
      ...{ lists: '1\r\n2\n\n', names: 'a=1\n b = x=y ', unknown: 'x', key: 'never' },
    };
    const values = formValues(SCHEMA, sent);
    assert.deepEqual(values, {
      ...{ account: '12', product: 171, rate: 0.5, region: 'ca', live: false },
      ...{ lists: [1, 2], names: { a: '1', b: 'x=y' } },
    });
    assert.deepEqual(checkConfig(SCHEMA, values), []);
  });

  it('leaves out what is empty, and keeps what cannot be read for the check to name', () => {
    const values = formValues(SCHEMA, { account: ' ', product: 'many', live: 'perhaps', rate: '' });
    assert.deepEqual(values, { product: 'many', live: 'perhaps' });
    const issues = checkConfig(SCHEMA, values).map(({ path, code }) => `${path} ${code}`);
    assert.deepEqual(issues, ['config.account missing', 'config.product wrong_value', 'config.live wrong_value']);
  });

  it('has a field for everything that is no credential, of every connector', () => {
    for (const { name } of builtInConnectors().list()) {
      const connector = builtInConnectors().find(name);
      assert.ok(connector, name);
      const form = String(configForm(name, connector.config, readForm(connector.config, {})));
      for (const [property, schema] of Object.entries(connector.config.properties)) {
        assert.equal(form.includes(` name="${property}"`), !isSecret(schema), `${name} ${property}`);
      }
    }
  });

  describe('on its page', () => {
    let deployment: Deployment;
    let url: string;
    before(async () => {
      deployment = await createDeployment();
      url = (await deployment.start()).url;
    });
    after(() => deployment.stop());

    it('is filled in by a person, told what is wrong, and gives a part of a campaign file', async () => {
      const browser = await launchBrowser();
      try {
        const page = await visit(browser, `${url}/docs/connectors/phonexa`);
        await page.fill('#config-url', 'https://leads-inst77-client.phonexa.com');
        await page.fill('#config-product_id', 'first');
        await page.click('form.config button');
        await page.waitForURL('**product_id=first**');
        assert.match((await page.textContent('form.config')) ?? '', /must be/);
        assert.match((await page.textContent('main')) ?? '', /It would be refused: .*config\.api_id is missing/);
        await page.fill('#config-product_id', '171');
        await page.fill('#config-api_id', 'A"1<2');
        await page.click('form.config button');
        await page.waitForURL('**product_id=171**');
        const written = (await page.textContent('h3:has-text("In the campaign file") + pre')) ?? '';
        const [integration] = (parse(written) as { integrations: { config: object }[] }).integrations;
        assert.deepEqual(integration?.config, {
          ...{ url: 'https://leads-inst77-client.phonexa.com', api_id: 'A"1<2', product_id: 171 },
        });
        assert.deepEqual(page.faults, []);
      } finally {
        await browser.close();
      }
    });
  });
});
