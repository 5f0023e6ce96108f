import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bareAddress, clientAddress } from './client-address.js';

describe('one address in every form is one address', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['192.0.2.1:5678', '192.0.2.1'],
    [' 192.0.2.1 ', '192.0.2.1'],
    ['"192.0.2.1:5678"', '192.0.2.1'],
    ['[192.0.2.1]:443', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['0:0:0:0:0:FFFF:C000:0201', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['[::ffff:192.0.2.1]:5678', '192.0.2.1'],
    ['::ffff:192.0.2.1:5678', '192.0.2.1'],
    ['64:ff9b::192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002::6', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::6]', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::6]:443', '2001:db8:1:2::/64'],
    ['"[2001:db8:1:2::6]:443"', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['[fe80::2%25eth1]:443', 'fe80:0:0:0::/64'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64'],
    ['Unknown', 'unknown'],
    ['not an address', 'not an address'],
  ])('%s is %s', (text, own) => {
    expect(clientAddress(text).own).toBe(own);
  });

  const hex = (group: number) => group.toString(16);

  test('whatever IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(65_535), (ip, port) => {
        const [a = 0, b = 0, c = 0, d = 0] = ip.split('.').map(Number);
        const mapped = `::ffff:${hex((a << 8) | b)}:${hex((c << 8) | d)}`;
        const forms = [`${ip}:${port}`, `::ffff:${ip}`, `[::FFFF:${ip}]:${port}`, mapped, `[${mapped}]:${port}`];
        for (const form of forms) expect(clientAddress(form)).toEqual(clientAddress(ip));
        expect(clientAddress(ip)).toEqual({ own: ip, networks: [`${a}.${b}.0.0/16`, `${a}.${b}.${c}.0/24`, ip] });
      }),
    );
  });

  test('whatever IPv6 address', () => {
    const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(groups, fc.nat(65_535), (address, port) => {
        const full = address.map((group) => hex(group).padStart(4, '0')).join(':');
        const short = new URL(`http://[${full}]`).hostname;
        const canonical = clientAddress(full);
        const forms = [address.map(hex).join(':'), short, `${short}:${port}`, full.toUpperCase(), `[${full}]:${port}`];
        for (const form of forms) expect(clientAddress(form)).toEqual(canonical);
        expect(clientAddress(`${full}%eth0`)).toEqual(canonical);
        expect(canonical.networks.at(-1)).toBe(canonical.own);
      }),
    );
  });

  test('no text of a proxy causes an error or a long key', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789abcdef:.[]%"') })), (text) => {
        const { own, networks } = clientAddress(text);
        expect(own.length).toBeLessThanOrEqual(64);
        expect(networks.join().length).toBeLessThanOrEqual(256);
      }),
      { numRuns: 1000 },
    );
  });
});

test('the networks of an IPv6 address are nested, the widest first', () => {
  expect(clientAddress('2001:db8:1:23ff::1')).toEqual({
    own: '2001:db8:1:23ff::/64',
    prefix56: '2001:db8:1:2300::/56',
    prefix48: '2001:db8:1::/48',
    networks: ['2001:db8::/32', '2001:db8:1::/48', '2001:db8:1:2300::/56', '2001:db8:1:23ff::/64'],
  });
});

test.each([
  ['192.0.2.1:5678', '192.0.2.1'],
  ['[2001:DB8::1]:443', '2001:DB8::1'],
  ['x'.repeat(5000), 'x'.repeat(45)],
])('%s is shown as %s', (text, shown) => {
  expect(bareAddress(text)).toBe(shown);
});
