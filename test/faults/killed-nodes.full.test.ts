import { killWhileFiring, seedOf } from './killed-nodes.ts';

const seed = seedOf();

describe('nodes killed at random during 1,000 events with one postback each', function () {
  this.timeout(2_400_000);
  it(`lose none and change no id, retries among them (seed ${seed})`, () =>
    killWhileFiring({ events: 1_000, kills: 12, seed, refusesEvery: 10, patienceMs: 900_000 }));
});
