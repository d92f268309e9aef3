import { POINTS } from './points.ts';
import { playScenario } from './scenario.ts';

const AT_ONCE = 4;

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
