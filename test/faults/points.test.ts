import { POINTS } from './points.ts';
import { playScenario } from './scenario.ts';

const QUICK: [string, 'SIGKILL' | 'SIGSTOP'][] = [
  ['the lead is inserted', 'SIGKILL'],
  ['the fence is up', 'SIGKILL'],
  ['the request is sent', 'SIGKILL'],
  ['the socket is not yet handed over', 'SIGSTOP'],
];

describe('a node that dies or freezes, with a second one running', function () {
  this.timeout(240_000);
  const played = new Map<string, Promise<void>>();
  before(() => {
    for (const [name, signal] of QUICK) {
      const playing = playScenario(
        POINTS.find((point) => point.name === name)!,
        signal,
      );
      playing.catch(() => undefined);
      played.set(name, playing);
    }
  });
  for (const [name, signal] of QUICK) {
    it(`${signal === 'SIGKILL' ? 'killed' : 'stopped for 30 s'} when ${name}: loses nothing, sells nothing twice`, () =>
      played.get(name));
  }
});
