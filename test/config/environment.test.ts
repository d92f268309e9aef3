import assert from 'node:assert/strict';
import { readEnvironment } from '../../config/environment.ts';
import { LeadwireError } from '../../errors/leadwire-error.ts';

describe('the environment', () => {
  it('has a default for everything', () => {
    const environment = readEnvironment({});
    assert.equal(environment.host, '127.0.0.1');
    assert.equal(environment.port, 8080);
    assert.equal(environment.publicUrl, 'http://127.0.0.1:8080');
    assert.equal(environment.database, 'leadwire');
    assert.equal(environment.mongodbUri, undefined);
    assert.equal(environment.secretKey, undefined);
    assert.deepEqual(environment.allowNetworks, []);
    assert.equal(environment.maxInFlight, 400);
    assert.equal(environment.shutdownSeconds, 30);
    assert.match(environment.nodeId, new RegExp(`-${process.pid}$`));
  });

  it('is frozen', () => {
    const environment = readEnvironment({ LEADWIRE_ALLOW_NETWORKS: '10.0.0.0/8' });
    assert.throws(() => Object.assign(environment, { port: 1 }), TypeError);
    assert.throws(() => Object.assign(environment.allowNetworks, { 0: '0.0.0.0/0' }), TypeError);
  });

  it('reads what is set and trims it', () => {
    const key = Buffer.alloc(32, 7);
    const environment = readEnvironment({
      LEADWIRE_HOST: '::',
      LEADWIRE_PORT: ' 9000 ',
      MONGODB_URI: 'mongodb://db:27017',
      LEADWIRE_SECRET_KEY: key.toString('base64'),
      LEADWIRE_ALLOW_NETWORKS: '10.0.0.0/8, ::1/128,192.168.1.7',
      LEADWIRE_LOG_LEVEL: 'debug',
    });
    assert.equal(environment.port, 9000);
    assert.equal(environment.publicUrl, 'http://[::]:9000');
    assert.deepEqual(environment.secretKey, key);
    assert.deepEqual(environment.allowNetworks, ['10.0.0.0/8', '::1/128', '192.168.1.7']);
  });

  it('takes an empty variable for an unset one', () => {
    assert.equal(readEnvironment({ LEADWIRE_PORT: '', MONGODB_URI: ' ' }).port, 8080);
  });

  it('keeps the public address without its last slash', () => {
    assert.equal(readEnvironment({ LEADWIRE_PUBLIC_URL: 'https://leads.example/' }).publicUrl, 'https://leads.example');
  });

  it('lists every bad variable at once and quotes none of their values', () => {
    const bad = {
      LEADWIRE_PORT: '80a0',
      LEADWIRE_SECRET_KEY: 'c2hvcnQtc2VjcmV0',
      LEADWIRE_ALLOW_NETWORKS: '10.0.0.0/99',
      MONGODB_URI: 'http://user:pass@db',
      LEADWIRE_LOG_LEVEL: 'loud',
      LEADWIRE_PUBLIC_URL: 'ftp://x',
      LEADWIRE_MAX_IN_FLIGHT: '0',
    };
    assert.throws(
      () => readEnvironment(bad),
      (error: unknown) => {
        assert.ok(error instanceof LeadwireError);
        assert.equal(error.code, 'invalid_configuration');
        assert.deepEqual(error.details.issues?.map(({ path }) => path).sort(), Object.keys(bad).sort());
        for (const value of Object.values(bad).filter((text) => text.length > 4)) {
          assert.ok(!error.message.includes(value), `quotes ${value}`);
        }
        return true;
      },
    );
  });
});
