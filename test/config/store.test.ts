import assert from 'node:assert/strict';
import { createConfigurationStore, type ConfigurationStore } from '../../config/store.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';
import type { ConfigurationFile } from '../../schema/configuration.ts';
import { openTestDatabase, type TestDatabase } from './database.ts';
import { sampleFile } from './sample.ts';

const byAnn = { by: 'ann' };
const refused = (code: string, paths: string[]) => (error: unknown) => {
  assert.ok(error instanceof LeadwireError, String(error));
  assert.equal(error.code, code);
  assert.deepEqual(
    error.details.issues?.map(({ path }) => path),
    paths,
  );
  return true;
};

describe('the configuration store', () => {
  let database: TestDatabase;
  let store: ConfigurationStore;
  before(async () => {
    database = await openTestDatabase('store');
    store = createConfigurationStore({ models: database.models });
  });
  after(() => database.drop());
  afterEach(async () => {
    for (const model of Object.values(database.models)) await (model as typeof database.models.head).deleteMany({});
  });

  const renamed = (name: string): ConfigurationFile => ({ buyers: [{ id: 'buy_acme', name }] });
  const nameOfAcme = async () => (await store.export()).buyers?.find(({ id }) => id === 'buy_acme')?.name;

  it('has no configuration at first', async () => {
    assert.equal(await store.current(), undefined);
    assert.equal(await store.currentRevision(), undefined);
    await assert.rejects(store.export(), (error: LeadwireError) => error.code === 'no_configuration');
  });

  it('gives back what was applied, with nothing filled in and everything in its order', async () => {
    const { revision, changes } = await store.apply(sampleFile(), byAnn);
    assert.equal(revision, 1);
    assert.ok(changes.every(({ kind }) => kind === 'created'));
    assert.equal(JSON.stringify((await store.export()).integrations), JSON.stringify(sampleFile().integrations));
    assert.deepEqual(await store.export(), { revision: 1, ...sampleFile() });
  });

  it('takes its own export back unchanged', async () => {
    await store.apply(sampleFile(), byAnn);
    const { revision, changes } = await store.apply(await store.export(), byAnn);
    assert.equal(revision, 1);
    assert.ok(changes.every(({ kind }) => kind === 'unchanged'));
    assert.equal(await database.models.snapshots.countDocuments(), 1);
  });

  it('does not call another order of properties a change, but one of mapping rows', async () => {
    await store.apply(sampleFile(), byAnn);
    const file = sampleFile();
    const [integration] = file.integrations ?? [];
    assert.ok(integration?.post);
    file.integrations = [Object.fromEntries(Object.entries(integration).reverse()) as typeof integration];
    assert.equal((await store.apply(file, byAnn)).revision, 1);
    integration.post.request.json = { phone: 'lead.phone', promise: 'bid.id' };
    assert.equal((await store.apply({ ...file, integrations: [integration] }, byAnn)).revision, 2);
  });

  it('merges by id: what the file does not name stays where it is', async () => {
    await store.apply(sampleFile(), byAnn);
    const added = { buyers: [{ id: 'buy_gamma', name: 'Gamma' }, ...(renamed('Acme Inc').buyers ?? [])] };
    const { revision, changes } = await store.apply(added, byAnn);
    assert.equal(revision, 2);
    assert.deepEqual(changes, [
      { kind: 'created', collection: 'buyers', id: 'buy_gamma' },
      { kind: 'updated', collection: 'buyers', id: 'buy_acme' },
    ]);
    const exported = await store.export();
    assert.deepEqual(
      exported.buyers?.map(({ id }) => id),
      ['buy_acme', 'buy_beta', 'buy_gamma'],
    );
    assert.deepEqual(exported.integrations, sampleFile().integrations);
  });

  it('deletes only when told to prune, and not what others still need', async () => {
    await store.apply(sampleFile(), byAnn);
    const { buyers, ...rest } = sampleFile();
    await assert.rejects(
      store.apply(rest, { ...byAnn, prune: true }),
      refused('invalid_configuration', ['integrations[0].buyer']),
    );
    const kept = { ...rest, buyers: buyers?.filter(({ id }) => id === 'buy_acme') };
    assert.deepEqual(
      (await store.apply(kept, byAnn)).changes.filter(({ kind }) => kind === 'deleted'),
      [],
    );
    const { changes } = await store.apply(kept, { ...byAnn, prune: true });
    assert.deepEqual(
      changes.filter(({ kind }) => kind !== 'unchanged'),
      [{ kind: 'deleted', collection: 'buyers', id: 'buy_beta' }],
    );
    assert.deepEqual((await store.export()).buyers, kept.buyers);
  });

  it('names an object of the deployment that the change would break by its id', async () => {
    await store.apply(sampleFile(), byAnn);
    const removal = store.edit({ remove: [{ collection: 'sellers', id: 'sel_north' }] }, byAnn);
    await assert.rejects(removal, refused('invalid_configuration', ['sources.src_north.seller']));
  });

  it('writes nothing on a dry run and nothing when there is a mistake', async () => {
    await store.apply(sampleFile(), byAnn);
    const dry = await store.apply(renamed('Acme Inc'), { ...byAnn, dryRun: true });
    assert.equal(dry.revision, 1);
    assert.equal(dry.changes[0]?.kind, 'updated');
    const mistaken = { ...renamed('Acme Inc'), sources: [{ id: 'src_x', seller: 'sel_none' }] };
    await assert.rejects(store.apply(mistaken, byAnn), refused('invalid_configuration', ['sources[0].seller']));
    assert.equal(await nameOfAcme(), 'Acme');
    assert.equal(await database.models.snapshots.countDocuments(), 1);
  });

  it('keeps every old version for the leads that run on it', async () => {
    await store.apply(sampleFile(), byAnn);
    await store.apply(renamed('Acme Inc'), byAnn);
    assert.deepEqual(await store.snapshot(1), sampleFile());
    assert.equal((await store.snapshot(2)).buyers?.[0]?.name, 'Acme Inc');
    await assert.rejects(store.snapshot(9), (error: LeadwireError) => error.code === 'unknown_version');
  });

  it('audits each version with ids and kinds, no contents', async () => {
    await store.apply(sampleFile(), byAnn);
    await store.edit({ put: renamed('Acme Inc') }, { by: 'bob' });
    await store.apply(await store.export(), byAnn);
    const entries = await database.models.audit.find().sort({ _id: 1 }).lean();
    assert.deepEqual(
      entries.map(({ _id, who, revision }) => [_id, who, revision]),
      [
        ['configuration:1', 'ann', 1],
        ['configuration:2', 'bob', 2],
      ],
    );
    assert.deepEqual(entries[1]?.changes, [{ kind: 'updated', collection: 'buyers', id: 'buy_acme' }]);
    assert.ok(!JSON.stringify(entries).includes('Acme Inc'));
  });

  it('makes up for the audit entry of a writer who died after the head', async () => {
    await store.apply(sampleFile(), byAnn);
    await database.models.audit.deleteMany({});
    await store.apply(renamed('Acme Inc'), { by: 'bob' });
    assert.deepEqual(
      (await database.models.audit.find().sort({ _id: 1 }).lean()).map(({ who }) => who),
      ['ann', 'bob'],
    );
  });

  it('goes past the snapshot of a writer who died before the head', async () => {
    await store.apply(sampleFile(), byAnn);
    await database.models.snapshots.create({
      _id: 2,
      file: '{"buyers":[]}',
      hash: 'x',
      at: new Date(),
      by: { name: 'ghost', origin: 'apply' },
      changes: [],
    });
    assert.equal((await store.apply(renamed('Acme Inc'), byAnn)).revision, 3);
    assert.equal(await nameOfAcme(), 'Acme Inc');
    assert.equal((await store.export()).campaigns?.length, 1);
  });

  describe('a newer edit', () => {
    beforeEach(() => store.apply(sampleFile(), byAnn));

    it('by hand is not overwritten by a file that does not know it', async () => {
      await store.edit({ put: renamed('Edited') }, { by: 'bob' });
      await assert.rejects(store.apply(sampleFile(), byAnn), refused('newer_edit', ['buyers.buy_acme']));
      await assert.rejects(
        store.apply(sampleFile(), { ...byAnn, dryRun: true }),
        refused('newer_edit', ['buyers.buy_acme']),
      );
      assert.equal(await nameOfAcme(), 'Edited');
      await store.apply(sampleFile(), { ...byAnn, force: true });
      assert.equal(await nameOfAcme(), 'Acme');
    });

    it('does not stand in the way of changes to other objects', async () => {
      await store.edit({ put: renamed('Edited') }, { by: 'bob' });
      const { revision } = await store.apply({ buyers: [{ id: 'buy_beta', name: 'Beta Inc' }] }, byAnn);
      assert.equal(revision, 3);
      assert.equal(await nameOfAcme(), 'Edited');
    });

    it('is taken up by a file that says the same, which may then change it', async () => {
      await store.edit({ put: renamed('Edited') }, { by: 'bob' });
      assert.equal((await store.apply(renamed('Edited'), byAnn)).revision, 2);
      assert.equal((await store.apply(renamed('Again'), byAnn)).revision, 3);
    });

    it('is seen by the revision a file carries, whoever made it', async () => {
      const exported = await store.export();
      await store.apply(renamed('By another file'), { by: 'bob' });
      await assert.rejects(store.apply(exported, byAnn), refused('newer_edit', ['buyers.buy_acme']));
      const later = { ...exported, revision: 2 };
      assert.equal((await store.apply(later, byAnn)).revision, 3);
    });

    it('that created or deleted an object counts too', async () => {
      const exported = await store.export();
      await store.edit({ put: { buyers: [{ id: 'buy_new', name: 'New' }] } }, { by: 'bob' });
      await store.edit({ remove: [{ collection: 'buyers', id: 'buy_beta' }] }, { by: 'bob' });
      await assert.rejects(
        store.apply(exported, { ...byAnn, prune: true }),
        refused('newer_edit', ['buyers.buy_beta', 'buyers.buy_new']),
      );
      const unnumbered = { ...exported, revision: undefined };
      await assert.rejects(store.apply(unnumbered, byAnn), refused('newer_edit', ['buyers.buy_beta']));
    });

    it('stands against another edit by hand that saw less', async () => {
      await store.edit({ put: renamed('First') }, { by: 'bob', base: 1 });
      const stale = store.edit({ put: renamed('Second') }, { by: 'eve', base: 1 });
      await assert.rejects(stale, refused('newer_edit', ['buyers.buy_acme']));
      await store.edit({ put: renamed('Second') }, { by: 'eve', base: 2 });
      assert.equal(await nameOfAcme(), 'Second');
    });

    it('cannot be told by a revision of another deployment, which is said', async () => {
      const { warnings } = await store.apply({ revision: 40, ...renamed('Acme Inc') }, byAnn);
      assert.deepEqual(
        warnings.map(({ code }) => code),
        ['revision_ahead'],
      );
      await store.edit({ put: renamed('Edited') }, { by: 'bob' });
      await assert.rejects(
        store.apply({ revision: 40, ...sampleFile() }, byAnn),
        refused('newer_edit', ['buyers.buy_acme']),
      );
    });
  });

  it('loses no change when many write at once', async () => {
    const names = Array.from({ length: 12 }, (_, n) => `buy_racer${n}`);
    const applied = await Promise.all(names.map((id) => store.apply({ buyers: [{ id, name: id }] }, { by: id })));
    const exported = await store.export();
    assert.deepEqual(exported.buyers?.map(({ id }) => id).sort(), [...names].sort());
    assert.equal(new Set(applied.map(({ revision }) => revision)).size, names.length);
    assert.equal(exported.revision, Math.max(...applied.map(({ revision }) => revision)));
    assert.equal(await database.models.audit.countDocuments(), names.length);
  });

  it('checks whoever lost a race against what won it', async () => {
    await store.apply(sampleFile(), byAnn);
    const exported = await store.export();
    const edited = (name: string) => ({
      ...exported,
      buyers: [
        { id: 'buy_acme', name },
        { id: 'buy_beta', name: 'Beta' },
      ],
    });
    const outcomes = await Promise.allSettled(['One', 'Two', 'Three'].map((name) => store.apply(edited(name), byAnn)));
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') assert.equal((outcome.reason as LeadwireError).code, 'newer_edit');
    }
  });
});
