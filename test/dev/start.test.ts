import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import mongoose from 'mongoose';
import { createNpmStart, takePort, type Started } from './npm-start.ts';
import { until } from './stack-for-tests.ts';

const run = promisify(execFile);
const BIN = fileURLToPath(new URL('../../cli/leadwire.js', import.meta.url));
const PACKAGE = new URL('../../package.json', import.meta.url);

type Answer = Record<string, unknown>;

describe('npm start', function () {
  this.timeout(120_000);
  let npm: Awaited<ReturnType<typeof createNpmStart>>;
  before(async () => {
    npm = await createNpmStart();
  });
  after(() => npm.clear());

  /** Runs a printed command as a person who pastes it does. */
  async function paste(command: string): Promise<Answer> {
    const { stdout } = await run('bash', ['-c', command]);
    return JSON.parse(stdout) as Answer;
  }
  const curls = ({ out }: Started) => out().match(/^curl .*$/gm) ?? [];
  const keyIn = (command = '') => /x-api-key: (\S+?)'/.exec(command)?.[1] ?? '';
  const status = async (id: unknown, key: string): Promise<Answer> => {
    const address = `http://127.0.0.1:${npm.env['LEADWIRE_PORT']}/api/lead/${String(id)}`;
    return (await (await fetch(address, { headers: { 'x-api-key': key } })).json()) as Answer;
  };
  const commands = async () => [...(await npm.running()).values()].join('\n');
  const leadwire = async (argv: string[], input = '') => {
    const running = run(process.execPath, [BIN, ...argv], { env: npm.env });
    running.child.stdin?.end(input);
    return (await running).stdout;
  };

  describe('on a new data folder', () => {
    let first: Started;
    let second: Started;
    let sold: Answer;
    let key: string;

    it('says that it is ready, where everything is, and what to paste', async () => {
      first = npm.start();
      await first.ready();
      const { LEADWIRE_PORT, LEADWIRE_BUYERS_PORT, LEADWIRE_TEMPORAL_UI_PORT } = npm.env;
      assert.match(first.out(), /^Leadwire is ready$/m);
      assert.match(first.out(), new RegExp(`API +http://127\\.0\\.0\\.1:${LEADWIRE_PORT}$`, 'm'));
      assert.match(first.out(), new RegExp(`Temporal UI +http://127\\.0\\.0\\.1:${LEADWIRE_TEMPORAL_UI_PORT}$`, 'm'));
      assert.match(first.out(), new RegExp(`Simulated buyers +http://127\\.0\\.0\\.1:${LEADWIRE_BUYERS_PORT}/`, 'm'));
      assert.equal(curls(first).length, 2);
      assert.equal((await fetch(`http://127.0.0.1:${LEADWIRE_TEMPORAL_UI_PORT}`)).status, 200);
    });

    it('the two commands it prints sell a sandbox lead and a live one', async () => {
      const [sandbox = '', live = ''] = curls(first);
      const tried = await paste(sandbox);
      assert.deepEqual([tried['outcome'], tried['sandbox']], ['sold', true]);
      sold = await paste(live);
      assert.deepEqual([sold['outcome'], sold['sandbox']], ['sold', undefined]);
      assert.ok(Number(sold['price']) >= 2);
      key = keyIn(live);
    });

    it('the command line works on it as it stands: credentials, leads', async () => {
      assert.match(await leadwire(['secret', 'set', 'int_acme', 'token'], 'another'), /is set/);
      const listed = await leadwire(['secret', 'list']);
      assert.ok(!listed.includes('under another key'), listed);
      assert.match(await leadwire(['lead', String(sold['transaction_id'])]), /sold for/);
    });

    it('Ctrl-C ends every process it started', async () => {
      const running = await commands();
      for (const part of [/^npm/m, /dev\/start\.ts/, /temporal server/, /java|mongod/]) assert.match(running, part);
      first.interrupt();
      const { code, signal } = await first.ended;
      // npm's own shell may count as interrupted although the script it ran ended well.
      assert.ok(code === 0 || signal === 'SIGINT', `${code} ${signal}`);
      await npm.gone();
      assert.doesNotMatch(first.err(), /While stopping|Error/);
    });

    it('the second start keeps data and keys, and follows its buyers to another port', async () => {
      second = npm.start({ LEADWIRE_BUYERS_PORT: await freePort() });
      await second.ready();
      assert.doesNotMatch(second.out(), /was loaded/);
      const found = await status(sold['transaction_id'], key);
      assert.deepEqual([found['outcome'], found['price']], ['sold', sold['price']]);
      const [, live = ''] = curls(second);
      assert.equal(keyIn(live), key);
      const again = await paste(live);
      assert.equal(again['outcome'], 'sold');
      assert.notEqual(again['transaction_id'], sold['transaction_id']);
    });

    it('ends every process when npm is killed, and can be started again', async () => {
      // Only npm: the shell and the script below it have to notice by themselves.
      process.kill(second.pid, 'SIGKILL');
      await npm.gone();
      const third = npm.start({}, await scriptOf('start'));
      await third.ready();
      assert.equal((await status(sold['transaction_id'], key))['outcome'], 'sold');
      third.interrupt();
      assert.deepEqual(await third.ended, { code: 0, signal: null });
      await npm.gone();
    });

    it('ends what it has started so far when it is interrupted before it is ready', async () => {
      const early = npm.start({}, await scriptOf('start'));
      await until(async () => /java|mongod|temporal server/.test(await commands()), 30_000);
      early.interrupt();
      assert.deepEqual(await early.ended, { code: 0, signal: null });
      await npm.gone();
      assert.doesNotMatch(early.out() + early.err(), /ready|Error|ended by itself/);
    });
  });

  describe('what keeps it from starting is said in a line', () => {
    /** What it prints on its way out, without npm's own lines. */
    async function refusal(changes: NodeJS.ProcessEnv): Promise<string[]> {
      const started = npm.start(changes, await scriptOf('start'));
      const { code } = await started.ended;
      assert.equal(code, 1, started.out() + started.err());
      await npm.gone();
      assert.doesNotMatch(started.out(), /ready/);
      return started.err().trim().split('\n');
    }

    for (const variable of ['LEADWIRE_PORT', 'LEADWIRE_BUYERS_PORT']) {
      it(`a taken port: ${variable}`, async () => {
        const taken = await takePort(0);
        const { port } = taken.address() as { port: number };
        try {
          assert.deepEqual(await refusal({ [variable]: String(port) }), [
            `Port ${port} is taken: stop what uses it or set ${variable} to another port`,
          ]);
        } finally {
          taken.close();
        }
      });
    }

    it('every variable that is wrong, before anything starts', async () => {
      const wrong = {
        LEADWIRE_BUYERS_PORT: 'abc',
        LEADWIRE_MONGO_PORT: '70000',
        LEADWIRE_PORT: '-1',
        LEADWIRE_ALLOW_NETWORKS: 'home',
      };
      const lines = await refusal(wrong);
      assert.deepEqual(lines.map((line) => line.split(':')[0]).sort(), Object.keys(wrong).sort());
      assert.ok(lines.includes('LEADWIRE_BUYERS_PORT: must be a whole number from 1 to 65535'), lines.join('\n'));
    });
  });

  it('starts no server when the environment names both', async () => {
    const { MONGODB_URI = '', TEMPORAL_ADDRESS = '' } = process.env;
    const name = `start_${randomBytes(4).toString('hex')}`;
    const started = npm.start({ MONGODB_URI, TEMPORAL_ADDRESS, LEADWIRE_DATABASE: name, LEADWIRE_TASK_QUEUE: name });
    try {
      await started.ready();
      assert.match(started.out(), /MongoDB from MONGODB_URI, Temporal from TEMPORAL_ADDRESS/);
      assert.doesNotMatch(await commands(), /java|mongod|temporal server/);
      assert.equal((await paste(curls(started)[1] ?? ''))['outcome'], 'sold');
      started.interrupt();
      await started.ended;
      await npm.gone();
    } finally {
      const connection = await mongoose.createConnection(MONGODB_URI, { dbName: name }).asPromise();
      await connection.dropDatabase();
      await connection.close();
    }
  });
});

async function freePort(): Promise<string> {
  const server = await takePort(0);
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return String(port);
}

/** What npm runs for a script, without npm. */
async function scriptOf(name: string): Promise<string[]> {
  const { scripts } = JSON.parse(await readFile(PACKAGE, 'utf8')) as { scripts: Record<string, string> };
  return scripts[name]?.replace(/^exec /, '').split(' ') ?? [];
}
