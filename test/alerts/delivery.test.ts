import assert from 'node:assert/strict';
import { Webhook } from 'standardwebhooks';
import { alertScheduleId } from '../../server/alerts/schedule.ts';
import { aLead, createDeployment, eventually, type Deployment } from '../leads/deployment.ts';
import { startReceiver, type Receiver } from '../postbacks/receiver.ts';
import { commandLine } from '../cli/command-line.ts';
import { startMailServer, type MailServer } from './receivers.ts';

const SIGNING = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

describe('alerts of a campaign', function () {
  this.timeout(120_000);
  let deployment: Deployment;
  let slack: Receiver;
  let webhook: Receiver;
  let mail: MailServer;
  before(async () => {
    [slack, webhook, mail] = await Promise.all([startReceiver(), startReceiver(), startMailServer()]);
    deployment = await createDeployment({
      buyers: ['alpha'],
      settings: {
        LEADWIRE_ALERT_SECONDS: '1',
        LEADWIRE_SMTP_URL: mail.url,
        LEADWIRE_MAIL_FROM: 'leadwire@exchange.example',
      },
    });
    const { secrets, store, apply } = deployment;
    await secrets.set('alert/ops-slack', 'hook', 'B00Hook', 'test');
    await secrets.set('alert/ops-hook', 'signing', SIGNING, 'test');
    const file = await store.export();
    file.alertChannels = [
      { id: 'ops-mail', kind: 'email', to: ['ops@exchange.example', 'night@exchange.example'] },
      { id: 'ops-slack', kind: 'slack', url: `${slack.url}/services/{{secrets.hook}}`, secrets: ['hook'] },
      { id: 'ops-hook', kind: 'webhook', url: `${webhook.url}/alerts`, sign: ['signing'] },
    ];
    const to = ['ops-mail', 'ops-slack', 'ops-hook'];
    file.campaigns![0]!.alerts = [{ when: 'no_sale_rate', above: 0.55, min: 3, to }];
    await apply(file);
    // A node evaluates alone or with others: what is told is the same.
    await Promise.all([deployment.start(), deployment.start()]);
  });
  after(async () => {
    await deployment.client.schedule.getHandle(alertScheduleId(deployment.name)).delete();
    await deployment.stop();
    await Promise.all([slack.stop(), webhook.stop(), mail.stop()]);
  });

  const post = async (mode: 'accept' | 'reject', times: number) => {
    deployment.buyers.setBehaviour('alpha', { ping: { price: 9 }, post: { mode } });
    for (let n = 0; n < times; n++) {
      const { body } = await deployment.post(aLead());
      assert.equal(body['outcome'], mode === 'accept' ? 'sold' : 'rejected');
    }
  };
  const allHave = (count: number) =>
    eventually(async () => [slack.received, webhook.received, mail.mails].every((got) => got.length >= count), 60_000);

  it('are told to every channel when they begin to fire', async () => {
    await post('reject', 3);
    await allHave(1);
    const expected = '[FIRING] cmp_test no_sale_rate: 100% of 3 leads in 60 min were not sold (limit 55%)';

    assert.equal(slack.received[0]?.url, '/services/B00Hook');
    assert.deepEqual(JSON.parse(slack.received[0]?.body ?? ''), { text: expected });

    const { headers, body, url } = webhook.received[0]!;
    assert.equal(url, '/alerts');
    const told = new Webhook(SIGNING).verify(body, headers) as { type: string; data: Record<string, unknown> };
    assert.equal(told.type, 'alert.firing');
    assert.deepEqual(
      { ...told.data, since: undefined },
      {
        campaign: 'cmp_test',
        alert: 'no_sale_rate',
        when: 'no_sale_rate',
        episode: 1,
        value: 1,
        of: 3,
        above: 0.55,
        over_minutes: 60,
        since: undefined,
        text: expected,
      },
    );

    const { from, to, source } = mail.mails[0]!;
    assert.equal(from, 'leadwire@exchange.example');
    assert.deepEqual(to, ['ops@exchange.example', 'night@exchange.example']);
    assert.match(source, /^Subject: \[FIRING\] cmp_test no_sale_rate/m);
    assert.match(source, /^Message-ID: <alert_cmp_test-no_sale_rate_1_firing@leadwire>/im);
  });

  it('are told once more when they recover, and not in between', async () => {
    await post('reject', 1);
    const looks = async () =>
      (await deployment.client.schedule.getHandle(alertScheduleId(deployment.name)).describe()).info.numActionsTaken;
    const before = await looks();
    await eventually(async () => (await looks()) >= before + 2, 60_000);
    assert.equal(slack.received.length, 1);

    // 4 of 8 leads.
    await post('accept', 4);
    await allHave(2);
    const { type, data } = JSON.parse(webhook.received[1]!.body) as { type: string; data: Record<string, unknown> };
    assert.equal(type, 'alert.recovered');
    assert.equal(data['value'], 0.5);
    assert.match(String(data['text']), /^\[RECOVERED\] cmp_test no_sale_rate: 50% of 8 leads/);
    const told = await deployment.models.postbacks.find({ endpoint: /^alert\// }).lean();
    assert.equal(told.length, 6);
    for (const { payload } of told) assert.doesNotMatch(payload, /Ada|Lovelace|example\.com|212/);
    assert.deepEqual(
      [slack, webhook].map(({ received }) => received.length),
      [2, 2],
    );
    assert.equal(mail.mails.length, 2);
  });

  it('are listed, and their channels can be tried', async () => {
    const leadwire = commandLine(deployment.variables);
    const list = await leadwire('alerts list');
    assert.equal(list.code, 0);
    assert.match(list.out[1] ?? '', /cmp_test +no_sale_rate +ok +\S+ +0\.5 +0\.55 +ops-mail ops-slack ops-hook/);
    for (const channel of ['ops-mail', 'ops-slack', 'ops-hook']) {
      const tried = await leadwire(`alerts test ${channel}`);
      assert.deepEqual(tried, { code: 0, out: [`${channel} took it`], err: [] });
    }
    assert.match(mail.mails[2]?.source ?? '', /^Subject: \[TEST\]/m);
    assert.match(slack.received[2]?.body ?? '', /\[TEST\]/);
    new Webhook(SIGNING).verify(webhook.received[2]!.body, webhook.received[2]!.headers);

    mail.refuse(550);
    const refused = await leadwire('alerts test ops-mail');
    mail.refuse(undefined);
    assert.deepEqual([refused.code, refused.err], [1, ['ops-mail did not take it: http_422, 550']]);
    const unknown = await leadwire('alerts test nobody');
    assert.deepEqual(unknown.err, ['No alert channel has the id nobody']);
    const unset = await commandLine({ ...deployment.variables, LEADWIRE_SMTP_URL: '' })('alerts test ops-mail');
    assert.match(unset.err.join(), /LEADWIRE_SMTP_URL is not set/);
  });
});
