import assert from 'node:assert/strict';
import { createConnector } from '../../http/connector.ts';
import { ConnectFailure } from '../../http/failures.ts';
import { startRawServer } from './raw-server.ts';

describe('outbound connector', () => {
  it('opens no socket to a literal address that is refused, whoever asks', async () => {
    const server = await startRawServer(() => undefined);
    const connect = createConnector({ allows: () => false, lookup: async () => [] });
    const error = await new Promise((resolve) => {
      connect({ hostname: '127.0.0.1', protocol: 'http:', port: String(server.port) }, (...outcome) =>
        resolve(outcome[0]),
      );
    });
    assert.ok(error instanceof ConnectFailure);
    assert.equal(error.reason, 'address_refused');
    assert.equal(server.connections.length, 0);
    await server.close();
  });
});
