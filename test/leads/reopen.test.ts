import assert from 'node:assert/strict';
import { reopenWork } from '../../models/open-work.ts';
import { aLead, createDeployment, eventually } from './deployment.ts';

describe('a restored database', () => {
  it('goes on with its open leads where no workflow knows them', async () => {
    const deployment = await createDeployment({ buyers: ['alpha'], auction: { noBuyer: 'hold', holdMinutes: 60 } });
    try {
      await deployment.start();
      deployment.buyers.setBehaviour('alpha', { ping: { mode: 'reject' } });
      const { body } = await deployment.post(aLead());
      const id = String(body['transaction_id']);
      const outcomeOf = async () => (await deployment.models.leads.findById(id).lean())?.outcome;
      await eventually(async () => (await outcomeOf()) === 'held');
      const resume = deployment.client.workflow.getHandle(`${id}/resume`);
      const running = async () => (await resume.describe().catch(() => undefined))?.status.name === 'RUNNING';
      await eventually(running);
      // As after a restore beside a new Temporal: the records are there, the continuation is not.
      await resume.terminate();
      await eventually(async () => !(await running()));
      await deployment.models.outbox.deleteMany({});
      assert.equal(await reopenWork(deployment.models), 1);
      await eventually(running);
      await deployment.models.leads.updateOne({ _id: id }, { $set: { holdUntil: new Date(0) } });
      await resume.signal('settled');
      await eventually(async () => (await outcomeOf()) === 'expired');
    } finally {
      await deployment.stop();
    }
  });

  it('goes on with what was still to be delivered, told or erased', async () => {
    const deployment = await createDeployment();
    const { models } = deployment;
    try {
      const [lead, at] = ['txn_of-a-lead', new Date()];
      const event = `${lead}:sale_completed`;
      const open = { lead, state: 'open' as const, attempts: 1, changedAt: at };
      const about = { campaign: 'cmp_test', source: 'src_one', mode: 'live' as const };
      const followUp = { ...open, ...about, integration: 'int_crm', createdAt: at };
      await models.followUps.create({ ...followUp, _id: `${lead}:int_crm` });
      await models.followUps.create({ ...followUp, _id: `${event}:int_crm`, event });
      await models.withdrawals.create({
        ...{ _id: `${lead}:erase`, lead, kind: 'erase', state: 'open', by: 'test', requestedAt: at },
        ...about,
      });
      for (const [id, endpoint] of [
        [`${lead}_sold`, 'src_one/main'],
        [event, 'event/sale_completed/main'],
      ] as const) {
        const told = {
          type: 'lead.sold',
          campaign: 'cmp_test',
          source: 'src_one',
          mode: 'live' as const,
          payload: '{}',
          exchanges: [],
        };
        await models.postbacks.create({
          ...open,
          ...told,
          _id: `${id}:${endpoint}`,
          event: id,
          endpoint,
          createdAt: at,
        });
      }
      assert.equal(await reopenWork(models), 5);
      const rows = await models.outbox.find().sort({ _id: 1 }).lean();
      assert.deepEqual(
        rows.map(({ at: _at, ...row }) => row),
        [
          { _id: `event:${event}`, kind: 'event', lead, event },
          { _id: `follow_up:${lead}:int_crm`, kind: 'follow_up', lead, integration: 'int_crm' },
          {
            _id: `replay:${event}:event/sale_completed/main`,
            kind: 'postback',
            lead,
            postback: `${event}:event/sale_completed/main`,
          },
          {
            _id: `replay:${lead}_sold:src_one/main`,
            kind: 'postback',
            lead,
            postback: `${lead}_sold:src_one/main`,
          },
          { _id: `withdrawal:${lead}:erase`, kind: 'withdrawal', lead, withdrawal: 'erase' },
        ],
      );
    } finally {
      await deployment.stop();
    }
  });
});
