import assert from 'node:assert/strict';
import type { Context } from 'koa';
import fc from 'fast-check';
import { createNetworkList, plainNetwork } from '../../config/network-list.ts';
import { clientAddress } from '../../server/access/client-address.ts';

const SOCKET = '10.0.0.9';

function addressOf(proxies: number, forwarded?: string, remoteAddress = SOCKET): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const app = { proxy: proxies > 0, maxIpsCount: proxies };
  return clientAddress({ app, req: { headers, socket: { remoteAddress } } } as unknown as Context);
}

describe("the client's address", () => {
  it('is the socket without trusted proxies, whatever the header says', () => {
    assert.equal(addressOf(0, '203.0.113.7'), SOCKET);
    assert.equal(addressOf(0, undefined, '::ffff:203.0.113.7'), '203.0.113.7');
    assert.equal(addressOf(0, undefined, 'fe80::1%eth0'), 'fe80::1');
  });

  it('is the entry that the outermost trusted proxy wrote', () => {
    assert.equal(addressOf(1, '203.0.113.7'), '203.0.113.7');
    assert.equal(addressOf(1, '198.51.100.1, 203.0.113.7'), '203.0.113.7');
    assert.equal(addressOf(2, '198.51.100.1, 203.0.113.7, 10.0.0.1'), '203.0.113.7');
    assert.equal(addressOf(1, '::FFFF:203.0.113.7'), '203.0.113.7');
    assert.equal(addressOf(1, '2001:DB8:0::7'), '2001:db8::7');
    assert.equal(addressOf(1, '203.0.113.7:49152'), '203.0.113.7');
    assert.equal(addressOf(1, '[2001:db8::7]:49152'), '2001:db8::7');
  });

  it('is the socket when the header is missing, short or malformed there', () => {
    for (const forwarded of [undefined, '', 'unknown', '203.0.113', '203.0.113.7,', '0x7f.1', 'a:b', '203.0.113.999']) {
      assert.equal(addressOf(1, forwarded), SOCKET, forwarded);
    }
    assert.equal(addressOf(2, '203.0.113.7'), SOCKET);
  });

  it('cannot be chosen by the client: nothing it writes changes what the proxies append', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789abcdef:.,[] %x'), maxLength: 60 });
    fc.assert(
      fc.property(text, fc.ipV4(), fc.integer({ min: 1, max: 4 }), (written, client, proxies) => {
        const appended = [client, ...Array.from({ length: proxies - 1 }, (_, hop) => `10.0.0.${hop + 1}`)];
        assert.equal(addressOf(proxies, [written, ...appended].join(', ')), client);
      }),
    );
  });
});

describe('a list of networks', () => {
  const admits = (networks: string[], address: string) =>
    createNetworkList(networks.map((network) => plainNetwork(network) ?? assert.fail(network)))(address);

  it('holds single addresses and ranges of both families', () => {
    assert.equal(admits(['203.0.113.7'], '203.0.113.7'), true);
    assert.equal(admits(['203.0.113.7'], '203.0.113.8'), false);
    assert.equal(admits(['203.0.113.0/24', '2001:db8::/32'], '203.0.113.200'), true);
    assert.equal(admits(['203.0.113.0/24', '2001:db8::/32'], '2001:db8:ffff::1'), true);
    assert.equal(admits(['203.0.113.0/24', '2001:db8::/32'], '2001:db9::1'), false);
    assert.equal(admits(['::/0'], '203.0.113.7'), false);
  });

  it('takes IPv4 inside IPv6 for IPv4, on either side', () => {
    assert.equal(admits(['203.0.113.0/24'], '::ffff:203.0.113.9'), true);
    assert.equal(admits(['::ffff:203.0.113.0/120'], '203.0.113.9'), true);
    assert.equal(admits(['::ffff:203.0.113.0/120'], '203.0.114.9'), false);
  });

  it('admits nothing that is no address', () => {
    for (const address of ['', 'unknown', '203.0.113', '127.1']) assert.equal(admits(['0.0.0.0/0'], address), false);
  });
});
