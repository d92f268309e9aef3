import assert from 'node:assert/strict';
import { temporal } from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { createLogger } from '../../log/logger.ts';
import { bundleWorkflows } from '../../server/temporal/worker.ts';
import { readable, recordedHistories, TRACES, type Recorded } from '../histories/recorded.ts';

describe('the recorded histories', () => {
  let recorded: Recorded[];
  before(async () => {
    recorded = await recordedHistories();
  });

  it('are of each workflow', () => {
    const types = recorded.map(({ history }) => {
      const started = history.events[0]?.['workflowExecutionStartedEventAttributes'] as {
        workflowType: { name: string };
      };
      return started.workflowType.name;
    });
    const all = ['alerts', 'event', 'followUp', 'lead', 'ping', 'postback', 'resume', 'withdrawal'];
    assert.deepEqual([...new Set(types)].sort(), all);
  });

  it('replay on the workflows as they are now', async () => {
    const workflowBundle = await bundleWorkflows(createLogger('fatal', 'test'));
    const histories = recorded.map(({ workflowId, history }) => ({
      workflowId,
      history: temporal.api.history.v1.History.fromObject(history),
    }));
    // The interceptors and the cache play no part: commands and their order are what is compared.
    const replayed = Worker.runReplayHistories({ workflowBundle }, histories);
    const results: string[] = [];
    for await (const { workflowId, error } of replayed) {
      const { name } = recorded.find((each) => each.workflowId === workflowId)!;
      assert.equal(error, undefined, `${name}: ${error?.message}`);
      results.push(name);
    }
    assert.deepEqual(results.sort(), recorded.map(({ name }) => name).sort());
  });

  it('hold ids, decisions and prices; nothing of the person, the buyers’ words or the machine (I8)', () => {
    for (const { name, history } of recorded) {
      const text = readable(history);
      assert.match(text, /"transactionId":"txn_|"alerts":1/, `the payloads of ${name} were not decoded`);
      for (const trace of TRACES) assert.ok(!text.toLowerCase().includes(trace), `${trace} is in ${name}`);
      assert.doesNotMatch(text, /"identity":"(?!recorder")/, `a machine is named in ${name}`);
    }
  });
});
