import assert from 'node:assert/strict';
import { checkUrl, createAddressPolicy, isPublicAddress } from '../../http/address.ts';

describe('outbound addresses', () => {
  const refused = [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '255.255.255.255',
    '224.0.0.1',
    '198.18.0.1',
    '203.0.113.5',
    '::',
    '::1',
    'fe80::1',
    'fd00::1',
    'fec0::1',
    'ff02::1',
    '4000::1',
    '2001:db8::1',
    '::7f00:1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::127.0.0.1',
    '64:ff9b:1::8.8.8.8',
    '2002:7f00:1::1',
    '2002:a00:1::1',
    // Teredo: public server, private client; then private server, public client.
    '2001:0:808:808:0:0:f5ff:fffe',
    '2001:0:a00:1:0:0:f7f7:f7f7',
    'example.com',
    '',
  ];
  for (const ip of refused) {
    it(`refuses ${ip || 'the empty string'}`, () => assert.equal(isPublicAddress(ip), false));
  }

  for (const ip of ['8.8.8.8', '2606:4700::1', '::ffff:8.8.8.8', '64:ff9b::8.8.8.8', '2002:808:808::1']) {
    it(`allows ${ip}`, () => assert.equal(isPublicAddress(ip), true));
  }

  it('allows what is inside an allowed network, also when it is embedded, and nothing else', () => {
    const { allows } = createAddressPolicy(['10.0.0.0/8', 'fd00::/16', '192.168.1.7']);
    for (const ip of ['10.9.9.9', '::ffff:10.9.9.9', 'fd00::5', '192.168.1.7']) assert.equal(allows(ip), true, ip);
    for (const ip of ['192.168.1.8', 'fd01::5', '127.0.0.1']) assert.equal(allows(ip), false, ip);
  });

  it('refuses a malformed network when it is created', () => {
    assert.throws(() => createAddressPolicy(['10.0.0.0/40']));
    assert.throws(() => createAddressPolicy(['intranet']));
  });

  const codes: Record<string, 'invalid_url' | 'address_refused' | undefined> = {
    'https://buyer.example/ping?x=1': undefined,
    'http://8.8.8.8:8080/': undefined,
    'buyer.example/ping': 'invalid_url',
    '': 'invalid_url',
    'ftp://buyer.example/': 'invalid_url',
    'file:///etc/passwd': 'invalid_url',
    'https://user@buyer.example/': 'invalid_url',
    'https://:pass@buyer.example/': 'invalid_url',
    'http://127.0.0.1/': 'address_refused',
    'http://0x7f000001/': 'address_refused',
    'http://2130706433/': 'address_refused',
    'http://017700000001/': 'address_refused',
    'http://127.1/': 'address_refused',
    'http://[::1]/': 'address_refused',
    'http://[::ffff:127.0.0.1]/': 'address_refused',
    'http://[::ffff:7f00:1]/': 'address_refused',
    'http://①②⑦.0.0.1/': 'address_refused',
  };
  for (const [url, code] of Object.entries(codes)) {
    it(`finds ${code ?? 'nothing'} in ${url || 'the empty string'}`, () => {
      const checked = checkUrl(url);
      assert.equal(checked.ok ? undefined : checked.code, code);
    });
  }
});
