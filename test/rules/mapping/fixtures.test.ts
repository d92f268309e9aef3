import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import {
  checkOperation,
  compileOperation,
  MappingError,
  type MappingContext,
} from '../../../rules/mapping/operation.ts';
import { operationSchema } from '../../../schema/mapping.ts';

/** One rule of the mapping language, shown. */
interface Fixture {
  operation: unknown;
  secrets?: string[];
  /** Replaces parts of the context below. */
  context?: Partial<MappingContext>;
  /** What the request must come out as; `json` is the body, parsed. */
  request?: { method?: string; url?: string; headers?: Record<string, string>; body?: string; json?: unknown };
  /** The MappingError that rendering must end in. */
  fails?: { path: string; reason: string | string[] };
  answers?: FixtureAnswer[];
  /** Every mistake the check must find, as `path: code`. */
  issues?: string[];
}

interface FixtureAnswer {
  name?: string;
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** In place of `body`, for bytes that are no text. */
  base64?: string;
  means: object;
}

const folder = new URL('./fixtures/', import.meta.url);

const CONTEXT: MappingContext = {
  lead: {
    transaction_id: 'txn_0198c2f0',
    first_name: 'Ada',
    last_name: "O'Brien & Söhne",
    email: 'Ada@Example.com',
    phone: '+14155550142',
    zip: '94105',
    state: 'ca',
    dob: '1990-07-04',
    homeowner: true,
    loan_amount: 5000,
    middle_name: '',
    interests: ['auto', 'home'],
  },
  config: { endpoint: 'https://bids.acme.example/api', product: 7, list: 'L 1', instance: 'inst4' },
  secrets: { token: 's3cr&t', user: 'leadwire' },
  campaign: { id: 'cmp_auto', name: 'Auto insurance' },
  source: { id: 'src_search' },
  sandbox: false,
  now: '2026-03-05T12:00:00.000Z',
};

describe('mapping fixtures', () => {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
    const fixture = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture;
    describe(file.replace('.json', '').replaceAll('-', ' '), () => exercise(fixture));
  }
});

function exercise({
  operation: source,
  secrets = ['token', 'user'],
  context,
  request,
  fails,
  answers = [],
  issues = [],
}: Fixture) {
  const operation = operationSchema.parse(source);
  const seen = { ...CONTEXT, ...context };

  it(issues.length > 0 ? 'names every mistake' : 'has no mistake', () => {
    const found = checkOperation(operation, '', { secrets });
    assert.deepEqual(found.map(({ path, code }) => `${path}: ${code}`).sort(), [...issues].sort());
    for (const { message } of found) assert.match(message, /\w/);
  });
  if (issues.length > 0) return;

  it('renders without touching its input', async () => {
    const compiled = compileOperation(operation);
    const frozen = deepFreeze(structuredClone(seen));
    if (fails) {
      await assert.rejects(compiled.render(frozen), (error: unknown) => {
        assert.ok(error instanceof MappingError);
        assert.equal(error.path, fails.path);
        // Of two guards, the machine's speed decides which is met first.
        assert.ok([fails.reason].flat().includes(error.reason), error.reason);
        assert.equal(error.code, 'mapping_failed');
        return true;
      });
    } else {
      const { json, ...wanted } = request ?? {};
      const rendered = await compiled.render(frozen);
      for (const [part, value] of Object.entries(wanted))
        assert.deepEqual(rendered[part as keyof typeof rendered], value);
      if (json !== undefined) assert.deepEqual(JSON.parse(rendered.body ?? ''), json);
    }
    assert.deepEqual(frozen, seen);
  });

  for (const { name, status = 200, headers = {}, body = '', base64, means } of answers) {
    it(`reads ${name ?? body.slice(0, 100)}`, async () => {
      const sent = () => (base64 ? Buffer.from(base64, 'base64') : Buffer.from(body));
      const answer = { status, headers: { ...headers }, body: sent() };
      const found = await compileOperation(operation).interpret(answer);
      assert.deepEqual(found, { bids: [], invalidBids: [], capture: {}, ...means });
      assert.deepEqual(answer, { status, headers, body: sent() });
    });
  }
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object') Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
