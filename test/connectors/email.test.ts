import assert from 'node:assert/strict';
import { checkConfiguration } from '../../config/check.ts';
import { createOutbound } from '../../http/outbound.ts';
import { withMail } from '../../http/mail-address.ts';
import { createMailer } from '../../http/mail.ts';
import type { Integration } from '../../schema/integration.ts';
import { startMailServer, type MailServer } from '../alerts/receivers.ts';
import { campaignFile } from '../leads/campaign-file.ts';
import { aLead, createDeployment, type Deployment } from '../leads/deployment.ts';

const onEmail = (changes: Partial<Integration> = {}): Integration => ({
  id: 'int_mail',
  campaign: 'cmp_test',
  buyer: 'buy_alpha',
  category: 'Buyer',
  connector: 'email',
  price: 3,
  config: { to: 'leads@buyer.example, desk@buyer.example' },
  ...changes,
});

describe('a buyer that is mailed its leads', function () {
  this.timeout(60_000);
  let mail: MailServer;
  let deployment: Deployment;

  before(async () => {
    mail = await startMailServer();
    deployment = await createDeployment({
      buyers: ['alpha'],
      integrations: { alpha: { paused: true } },
      auction: { deadlineMs: 30_000 },
      more: () => [onEmail()],
      settings: { LEADWIRE_SMTP_URL: mail.url, LEADWIRE_MAIL_FROM: 'leadwire@exchange.example' },
    });
    await deployment.start();
  });
  after(async () => {
    await deployment.stop();
    await mail.stop();
  });

  const deliveryOf = async (transaction: unknown) =>
    deployment.models.deliveries.findOne({ _id: new RegExp(`^${String(transaction)}`) }).lean();

  it('has bought a lead, at its configured price, once the server has the mail', async () => {
    const { body } = await deployment.post(aLead({ first_name: 'Grace' }));
    assert.equal(body['outcome'], 'sold', JSON.stringify(body));
    assert.equal((await deliveryOf(body['transaction_id']))?.bid.price, 3_000_000);
    const [sent] = mail.mails.splice(0);
    assert.deepEqual(sent?.to, ['leads@buyer.example', 'desk@buyer.example']);
    assert.match(sent.source, new RegExp(`Subject: New lead ${String(body['transaction_id'])}`));
    assert.match(sent.source, /First name: Grace/);
    assert.match(sent.source, /Phone: \+1212/);
  });

  it('has not bought what the server refuses, for good or for now', async () => {
    for (const [code, reason] of [
      [550, 'rejected'],
      [451, 'buyer_error'],
    ] as const) {
      mail.refuse(code);
      const { body } = await deployment.post(aLead());
      mail.refuse(undefined);
      const delivery = await deliveryOf(body['transaction_id']);
      assert.deepEqual([delivery?.state, delivery?.reason], ['rejected', reason], String(code));
    }
    assert.deepEqual(mail.mails, []);
  });

  it('is sent nothing by who was held up for too long', async () => {
    const outbound = createOutbound({ allowNetworks: [] });
    const mailing = withMail(outbound, createMailer({ smtpUrl: mail.url, from: 'leadwire@exchange.example' }), () => 2);
    const request = { method: 'POST', url: 'mailto:leads@buyer.example', headers: {}, timeoutMs: 9000 } as const;
    const late = await mailing.send({ ...request, sendBy: 1 });
    assert.deepEqual([late.kind, late.kind === 'not_sent' && late.code], ['not_sent', 'send_by_passed']);
    assert.deepEqual(mail.mails, []);
    const inTime = await mailing.send({ ...request, body: 'Hello', sendBy: 2 });
    assert.equal(inTime.kind === 'response' && inTime.status, 200);
    assert.equal(mail.mails.splice(0).length, 1);
    await mailing.close();
  });

  it('is mailed at the addresses of its configuration alone', () => {
    const issues = (integration: Integration) => {
      const file = campaignFile('https://buyer.example', { buyers: ['alpha'], more: () => [integration] });
      const { issues: found } = checkConfiguration(file);
      return found.filter(({ severity }) => severity !== 'warning').map(({ path, code }) => `${path} ${code}`);
    };
    assert.deepEqual(issues(onEmail()), []);
    const elsewhere = { request: { url: 'mailto:someone@else.example?subject=x' } } as unknown as Integration['post'];
    assert.deepEqual(issues(onEmail({ post: elsewhere })), ['integrations[1].post.request.url host_not_allowed']);
    assert.deepEqual(issues(onEmail({ config: { to: 'nobody' } })), ['integrations[1].config.to wrong_value']);
  });
});
