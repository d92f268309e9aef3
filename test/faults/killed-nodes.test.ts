import { killWhileFiring, seedOf } from './killed-nodes.ts';

const seed = seedOf();

describe('nodes killed at random while events are fired', function () {
  this.timeout(240_000);
  it(`lose none of 60 and change no id (seed ${seed})`, () =>
    killWhileFiring({ events: 60, kills: 2, seed, patienceMs: 150_000 }));
});
