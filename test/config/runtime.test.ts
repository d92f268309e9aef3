import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { compileConfiguration } from '../../config/compile.ts';
import { createConfigurationRuntime, type ConfigurationRuntime } from '../../config/runtime.ts';
import { createConfigurationStore, type ConfigurationStore } from '../../config/store.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';
import { sampleFile } from './sample.ts';

const byAnn = { by: 'ann' };
const hasCode = (code: string) => (error: unknown) => error instanceof LeadwireError && error.code === code;

describe('the running configuration of a node', () => {
  let database: TestDatabase;
  let store: ConfigurationStore;
  let runtime: ConfigurationRuntime | undefined;
  let compiled: number[] = [];
  before(async () => {
    database = await openTestDatabase('runtime');
    store = createConfigurationStore({ models: database.models });
  });
  after(() => database.drop());
  afterEach(async () => {
    await runtime?.stop();
    for (const model of Object.values(database.models)) await (model as typeof database.models.head).deleteMany({});
  });

  function createRuntime(over: Partial<Parameters<typeof createConfigurationRuntime>[0]> = {}) {
    compiled = [];
    runtime = createConfigurationRuntime({
      store,
      pollMs: 10,
      compile(file, revision) {
        compiled.push(revision);
        return compileConfiguration(file, revision);
      },
      ...over,
    });
    return runtime;
  }

  async function until(holds: () => boolean) {
    for (const end = Date.now() + 5000; !holds(); await delay(5)) assert.ok(Date.now() < end, 'did not come about');
  }

  it('has nothing to run before the first apply, and picks that up', async () => {
    const node = createRuntime();
    await node.start();
    assert.throws(() => node.current(), hasCode('no_configuration'));
    assert.throws(() => node.live(), hasCode('no_configuration'));
    await store.apply(sampleFile(), byAnn);
    await until(() => compiled.length > 0);
    assert.equal(node.current().revision, 1);
  });

  it('picks up a change without a restart, tells listeners and compiles each version once', async () => {
    await store.apply(sampleFile(), byAnn);
    const node = createRuntime();
    await node.start();
    const seen: number[] = [];
    const stop = node.onChange(({ revision }) => seen.push(revision));
    await store.apply({ buyers: [{ id: 'buy_acme', name: 'Acme', paused: true }] }, byAnn);
    await until(() => node.current().revision === 2);
    assert.equal(node.live().isPaused('buyers', 'buy_acme'), true);
    await Promise.all(Array.from({ length: 20 }, () => node.at(1)));
    stop();
    await store.apply({ buyers: [{ id: 'buy_acme', name: 'Acme' }] }, byAnn);
    await until(() => node.current().revision === 3);
    assert.deepEqual(compiled, [1, 2, 3]);
    assert.deepEqual(seen, [1, 2]);
  });

  it('looks every second by default, which is within the two that are promised', async () => {
    await store.apply(sampleFile(), byAnn);
    const node = createRuntime({ pollMs: undefined });
    await node.start();
    await store.apply({ buyers: [{ id: 'buy_new', name: 'New' }] }, byAnn);
    const applied = Date.now();
    await until(() => node.current().revision === 2);
    assert.ok(Date.now() - applied < 2000);
  });

  it('loads an old version once, however many leads ask at the same time', async () => {
    await store.apply(sampleFile(), byAnn);
    await store.apply({ buyers: [{ id: 'buy_acme', name: 'Renamed' }] }, byAnn);
    const node = createRuntime();
    await node.start();
    const versions = await Promise.all(Array.from({ length: 30 }, () => node.at(1)));
    assert.deepEqual(compiled, [2, 1]);
    assert.ok(versions.every((version) => version === versions[0]));
    assert.equal(versions[0]?.buyers.get('buy_acme')?.name, 'Acme');
  });

  it('forgets a version that could not be loaded, so that the next lead tries again', async () => {
    await store.apply(sampleFile(), byAnn);
    const node = createRuntime();
    await node.start();
    await assert.rejects(node.at(2), hasCode('unknown_version'));
    await store.apply({ buyers: [{ id: 'buy_acme', name: 'Renamed' }] }, byAnn);
    assert.equal((await node.at(2)).revision, 2);
  });

  it('reads pauses and caps live; what was deleted is paused', async () => {
    await store.apply(sampleFile(), byAnn);
    const node = createRuntime();
    await node.start();
    const live = node.live();
    assert.equal(live.isPaused('campaigns', 'cmp_auto'), false);
    assert.equal(live.isPaused('buyers', 'buy_beta'), true);
    assert.equal(live.isPaused('sources', 'src_gone'), true);
    assert.equal(live.isPaused('integrations', 'int_acme'), false);
    assert.deepEqual(live.integrations.get('int_acme')?.integration.caps, [{ count: 'accepted', max: 50, per: 'day' }]);
    const integrations = sampleFile().integrations?.map((one) => ({ ...one, paused: true }));
    await store.apply({ integrations }, byAnn);
    await until(() => node.live().isPaused('integrations', 'int_acme'));
  });

  it('goes on with what it has while the database does not answer', async () => {
    await store.apply(sampleFile(), byAnn);
    let down = false;
    const faults: unknown[] = [];
    const flaky = {
      ...store,
      currentRevision: () => (down ? Promise.reject(new Error('down')) : store.currentRevision()),
    };
    const node = createRuntime({ store: flaky, onFault: (error) => faults.push(error) });
    await node.start();
    down = true;
    await until(() => faults.length > 1);
    assert.equal(node.current().revision, 1);
    await store.apply({ buyers: [{ id: 'buy_acme', name: 'Renamed' }] }, byAnn);
    down = false;
    await until(() => node.current().revision === 2);
  });

  it('keeps the last version that compiles', async () => {
    await store.apply(sampleFile(), byAnn);
    const faults: unknown[] = [];
    const node = createRuntime({
      compile(file, revision) {
        if (revision === 2) throw new Error('cannot be compiled');
        return compileConfiguration(file, revision);
      },
      onFault: (error) => faults.push(error),
    });
    await node.start();
    await store.apply({ buyers: [{ id: 'buy_acme', name: 'Two' }] }, byAnn);
    await until(() => faults.length > 0);
    assert.equal(node.current().revision, 1);
    await store.apply({ buyers: [{ id: 'buy_acme', name: 'Three' }] }, byAnn);
    await until(() => node.current().revision === 3);
  });
});
