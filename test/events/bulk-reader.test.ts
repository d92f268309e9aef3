import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readRows, type BulkForm, type BulkRow } from '../../server/events/bulk-reader.ts';

async function* pieces(text: string | Buffer, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function rowsOf(text: string | Buffer, form: BulkForm, size = 7): Promise<BulkRow[]> {
  const rows: BulkRow[] = [];
  for await (const row of readRows(pieces(text, size), form)) rows.push(row);
  return rows;
}

describe('the rows of an upload', function () {
  this.timeout(60_000);

  it('are those that were written, as an array or as lines, wherever the bytes are cut', async () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true });
    const shape = fc.tuple(fc.array(object, { maxLength: 6 }), fc.constantFrom(0, 2), fc.integer({ min: 1, max: 40 }));
    await fc.assert(
      fc.asyncProperty(shape, async ([objects, indent, size]) => {
        const written = JSON.parse(JSON.stringify(objects)) as BulkRow[];
        assert.deepEqual(await rowsOf(JSON.stringify(objects, null, indent), 'json', size), written);
        const lines = objects.map((row) => JSON.stringify(row)).join('\n');
        assert.deepEqual(await rowsOf(lines, 'json', size), written);
      }),
      { numRuns: 200 },
    );
  });

  it('of CSV have the names of the header row, with quotes and line breaks as RFC 4180 has them', async () => {
    const text = '\ufeffcid, event_id,note\r\ncmp_a,sale,"says ""yes"",\r\nthen é"\r\n\r\ncmp_b,,\r\n';
    assert.deepEqual(await rowsOf(text, 'csv', 3), [
      { cid: 'cmp_a', event_id: 'sale', note: 'says "yes",\r\nthen é' },
      { cid: 'cmp_b' },
    ]);
  });

  const refused: [form: BulkForm, text: string | Buffer, row: string][] = [
    ['csv', 'a,b\n1,2\n1,2,3\n', 'Row 2 '],
    ['csv', 'a,a\n1,2\n', 'Row 1 '],
    ['csv', 'a,b\n1,"2\n', 'Row 1 '],
    ['csv', `a\n${'x'.repeat(40_000)}\n`, 'Row 1 '],
    ['json', '[{"a":1},]', 'Row 2 '],
    ['json', '[{"a":1} {"a":2}]', 'Row 2 '],
    ['json', '{"a":1}\n[', 'Row 2 '],
    ['json', '{"a":1}\n{"a":', 'Row 2 '],
    ['json', '[{"a":1}] {"a":2}', 'Row 2 '],
    ['json', '[{"a":1}', 'Row 2 '],
    ['json', '{"a":nothing}', 'Row 1 '],
    ['json', '5', 'Row 1 '],
    ['json', `{"a":"${'x'.repeat(40_000)}"}`, 'Row 1 '],
  ];
  for (const [index, [form, text, row]] of refused.entries()) {
    it(`are refused by their number when they make no sense (${form} ${index + 1})`, async () => {
      await assert.rejects(rowsOf(text, form), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'bulk_unreadable');
        assert.ok(error.message.startsWith(row), error.message);
        return true;
      });
    });
  }

  it('have to be UTF-8', async () => {
    await assert.rejects(rowsOf(Buffer.from([0x61, 0x0a, 0xff, 0x0a]), 'csv'), { code: 'invalid_encoding' });
  });

  for (const form of ['csv', 'json'] as const) {
    it(`are read no faster than they are taken: 100,000 of ${form} are never in memory together`, async () => {
      const row = form === 'csv' ? 'cmp_test,sale_completed,txn_x,45.50\n' : '{"cid":"cmp_test","revenue":45.5}\n';
      let given = 0;
      async function* upload(): AsyncGenerator<Buffer> {
        if (form === 'csv') yield Buffer.from('cid,event_id,transaction_id,revenue\n');
        for (; given < 100_000; given += 1_000) yield Buffer.from(row.repeat(1_000));
      }
      let taken = 0;
      let ahead = 0;
      for await (const read of readRows(upload(), form)) {
        assert.equal(read['cid'], 'cmp_test');
        taken++;
        ahead = Math.max(ahead, given - taken);
      }
      assert.equal(taken, 100_000);
      assert.ok(ahead < 20_000, `${ahead} rows were read ahead`);
    });
  }
});
