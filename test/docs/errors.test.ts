import assert from 'node:assert/strict';
import { ERRORS } from '../../errors/registry.ts';
import { readPage } from './pages.ts';

const ENTRY = /^### (\w+)\n\n(\d{3}) · try again: (yes|no)\n\n(.*)/gm;

describe('docs/errors.md', () => {
  const page = readPage('docs/errors.md');
  const described = new Map([...page.matchAll(ENTRY)].map(([, code = '', ...rest]) => [code, rest]));

  for (const [code, { status, retryable }] of Object.entries(ERRORS)) {
    it(`describes ${code} as the registry has it`, () => {
      const [statusText, again, meaning = ''] = described.get(code) ?? [];
      assert.deepEqual({ status: statusText, again }, { status: String(status), again: retryable ? 'yes' : 'no' });
      assert.match(meaning, /\w+/);
    });
  }

  it('describes nothing that does not exist', () => {
    const headings = [...page.matchAll(/^### (.+)$/gm)].map(([, code = '']) => code);
    assert.deepEqual(
      headings.filter((code) => !Object.hasOwn(ERRORS, code)),
      [],
    );
  });
});
