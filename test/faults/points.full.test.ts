import assert from 'node:assert/strict';
import { POINTS } from './points.ts';
import { playScenario } from './scenario.ts';

const AT_ONCE = 4;
/** The points at which a posted ping differs from a lead, and the one that matters most to both. */
const POSTED = ['the claim is taken', 'the lead is inserted', 'the auction is recorded', 'the fence is up'];

/** Scenarios are mostly waiting, so a few are played at once. */
for (const signal of ['SIGKILL', 'SIGSTOP'] as const) {
  describe(`a node ${signal === 'SIGKILL' ? 'killed' : 'stopped for 30 s and continued'} with a second one running`, function () {
    this.timeout(600_000);
    const played = new Map<string, Promise<void>>();
    before(() => {
      const queue: Promise<unknown>[] = Array.from({ length: AT_ONCE }, () => Promise.resolve());
      POINTS.forEach((point, index) => {
        const playing = queue[index % AT_ONCE]!.then(() => playScenario(point, signal));
        playing.catch(() => undefined);
        played.set(point.name, playing);
        queue[index % AT_ONCE] = playing.catch(() => undefined);
      });
    });
    for (const { name } of POINTS) it(`when ${name}: loses nothing, sells nothing twice`, () => played.get(name));
  });
}

describe('a node killed over the post of a ping, with a second one running', function () {
  this.timeout(600_000);
  for (const name of POSTED) {
    it(`when ${name}: loses nothing, sells nothing twice`, async () => {
      const point = POINTS.find((each) => each.name === name);
      assert.ok(point, name);
      await playScenario(point, 'SIGKILL', 'post');
    });
  }
});
