import { tellBesideDead } from './dead-endpoint.ts';

describe('an endpoint that is dead, with 10,000 postbacks that wait for it', function () {
  this.timeout(1_800_000);
  it('slows no other: all of another’s arrive while these wait, and few are tried at a time', () =>
    tellBesideDead(10_000, 1_500_000));
});
