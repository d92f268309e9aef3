import { tellBesideDead } from './dead-endpoint.ts';

describe('an endpoint that is dead, with postbacks that wait for it', function () {
  this.timeout(600_000);
  it('slows no other: all of another’s arrive while these wait, and few are tried at a time', () =>
    tellBesideDead(40, 240_000));
});
