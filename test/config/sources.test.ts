import assert from 'node:assert/strict';
import type { SellerKey } from '../../config/api-keys.ts';
import { defaultSourcesOf, sourceOf } from '../../config/sources.ts';
import type { Source } from '../../schema/campaign.ts';

const held = { id: 'lw_live_00000000', kind: 'seller', mode: 'live', signed: false, expiresAt: null } as const;
const keyOf = (seller: string, source?: string): SellerKey => ({ ...held, seller, ...(source ? { source } : {}) });

describe('the source that a request is for', () => {
  const list: Source[] = [
    { id: 'src_only', seller: 'sel_one' },
    { id: 'src_a', seller: 'sel_many' },
    { id: 'src_b', seller: 'sel_many', paused: true },
    { id: 'src_organic', seller: 'sel_named' },
    { id: 'src_c', seller: 'sel_named' },
    { id: 'src_d', seller: 'sel_titled', name: 'organic' },
    { id: 'src_e', seller: 'sel_titled' },
  ];
  const sources = { sources: new Map(list.map((one) => [one.id, one])), defaultSources: defaultSourcesOf(list) };
  const found = (key: SellerKey, pid?: unknown) => sourceOf(sources, key, pid).id;
  const refused = (key: SellerKey, pid: unknown, code: string) =>
    assert.throws(() => sourceOf(sources, key, pid), { code }, String(pid));

  it('is the one that pid names, of the seller of the key', () => {
    assert.equal(found(keyOf('sel_many'), 'src_a'), 'src_a');
    refused(keyOf('sel_many'), 'src_b', 'source_inactive');
    refused(keyOf('sel_many'), 'src_only', 'source_not_allowed');
    refused(keyOf('sel_many'), 'src_none', 'source_not_allowed');
    for (const pid of [7, true, {}, ['src_a'], '__proto__']) refused(keyOf('sel_many'), pid, 'source_not_allowed');
  });

  it("is the key's own, and no other, when the key is bound to one", () => {
    for (const pid of [undefined, null, '', 'organic', 'src_a']) {
      assert.equal(found(keyOf('sel_many', 'src_a'), pid), 'src_a');
    }
    refused(keyOf('sel_named', 'src_c'), 'src_organic', 'source_not_allowed');
    refused(keyOf('sel_many', 'src_b'), undefined, 'source_inactive');
    refused(keyOf('sel_many', 'src_deleted'), undefined, 'source_inactive');
    refused(keyOf('sel_many', 'src_only'), undefined, 'source_not_allowed');
  });

  it('defaults to the only source of the seller, or the organic one', () => {
    for (const pid of [undefined, null, '', 'organic']) {
      assert.equal(found(keyOf('sel_one'), pid), 'src_only');
      assert.equal(found(keyOf('sel_named'), pid), 'src_organic');
      assert.equal(found(keyOf('sel_titled'), pid), 'src_d');
      refused(keyOf('sel_many'), pid, 'source_required');
      refused(keyOf('sel_without'), pid, 'source_required');
    }
  });
});
