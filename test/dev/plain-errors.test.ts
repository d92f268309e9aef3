import assert from 'node:assert/strict';
import { plainly } from '../../dev/plain-errors.ts';
import { StackError } from '../../dev/servers/stack-error.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';

describe('what a person can mend is said plainly', () => {
  const ports = { LEADWIRE_PORT: 8080, LEADWIRE_BUYERS_PORT: 8090 };
  const listening = (code: string, port: number) => Object.assign(new Error(`listen ${code}`), { code, port });

  it('a port that was taken at the last moment, with the variable that moves it', () => {
    for (const [variable, port] of Object.entries(ports)) {
      assert.equal(
        plainly(listening('EADDRINUSE', port), ports),
        `Port ${port} is taken: stop what uses it or set ${variable} to another port`,
      );
      assert.equal(
        plainly(listening('EACCES', port), ports),
        `Port ${port} is not for this user: set ${variable} to another port`,
      );
    }
  });

  it('each mistake on a line of its own', () => {
    const issues = ['A', 'B'].map((path) => ({ path, code: 'bad_option', message: 'must be better' }));
    const error = new LeadwireError('invalid_configuration', { message: 'both', issues });
    assert.equal(plainly(error), 'A: must be better\nB: must be better');
    assert.equal(plainly(new LeadwireError('no_configuration')), 'No configuration has been applied yet');
    assert.equal(plainly(new StackError('java_missing', 'Java is needed')), 'Java is needed');
  });

  it('anything else with its stack, since it is a fault of ours', () => {
    assert.match(plainly(new Error('oops')), /^Error: oops\n +at /);
  });
});
