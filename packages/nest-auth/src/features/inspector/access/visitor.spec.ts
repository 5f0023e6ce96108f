import { describe, expect, test } from '@jest/globals';
import { isAskedFromElsewhere, isLocal, type VisitorRequest } from './visitor.js';

const from = (remoteAddress: string | undefined, headers: VisitorRequest['headers'] = {}): VisitorRequest => ({
  headers: { host: 'localhost:3000', ...headers },
  socket: { remoteAddress },
});

describe('this machine is recognised', () => {
  test.each(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])('by the address %s of the connection', (address) => {
    expect(isLocal(from(address))).toBe(true);
  });

  test.each(['localhost', 'LOCALHOST:80', '127.0.0.1:3000', '[::1]:3000'])('by the host %s', (host) => {
    expect(isLocal(from('::1', { host }))).toBe(true);
  });

  test('by the pseudo-header of HTTP/2', () => {
    expect(isLocal(from('::1', { host: undefined, ':authority': 'localhost:3000' }))).toBe(true);
  });

  test("by Fastify's request of Node.js, not by what its own says", () => {
    expect(isLocal({ ...from('10.0.0.1'), raw: from('127.0.0.1') })).toBe(true);
    expect(isLocal({ ...from('127.0.0.1'), raw: from('10.0.0.1') })).toBe(false);
  });

  test.each([
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'same-origin' },
    { origin: 'http://localhost:3000' },
    { origin: 'https://localhost:3000' },
  ])('with %j, which browsers send for its own page', (headers) => {
    expect(isLocal(from('::1', headers))).toBe(true);
  });
});

describe('it is not this machine', () => {
  test.each(['10.0.0.1', '203.0.113.7', '::ffff:10.0.0.1', '::2', 'x127.0.0.1', '127.0.0.1.evil', '', undefined])(
    'that connects from %s',
    (address) => {
      expect(isLocal(from(address))).toBe(false);
    },
  );

  test.each([
    'evil.example',
    'evil.example:3000',
    'localhost.evil.example',
    'localhost:3000@evil.example',
    '127.0.0.1.nip.io',
    '0.0.0.0:3000',
    'localhost:3000:1',
    undefined,
  ])('whose name is %s: a page may have pointed it here (DNS rebinding)', (host) => {
    expect(isLocal(from('127.0.0.1', { host }))).toBe(false);
  });

  test('that asks by HTTP/1.0, as nginx does by default for everybody, with its own host and no further header', () => {
    expect(isLocal({ ...from('127.0.0.1'), httpVersion: '1.1' })).toBe(true);
    expect(isLocal({ ...from('127.0.0.1'), httpVersion: '1.0' })).toBe(false);
    expect(isLocal({ ...from('127.0.0.1'), raw: { ...from('127.0.0.1'), httpVersion: '1.0' } })).toBe(false);
  });

  test.each(['x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'forwarded', 'via', 'x-real-ip'])(
    'that a proxy or a tunnel speaks for, as %s shows',
    (name) => {
      expect(isLocal(from('127.0.0.1', { [name]: '127.0.0.1' }))).toBe(false);
    },
  );

  test.each([
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
    { 'sec-fetch-site': 'anything' },
    { origin: 'http://localhost:5173' },
    { origin: 'https://evil.example' },
    { origin: 'null' },
  ])('but a page of another origin, which sends %j', (headers) => {
    expect(isLocal(from('127.0.0.1', headers))).toBe(false);
  });
});

test('behind a policy, a page of another origin may link to the inspector, but not ask it', () => {
  const asked = (site: string, mode: string) =>
    isAskedFromElsewhere(from('10.0.0.1', { 'sec-fetch-site': site, 'sec-fetch-mode': mode }));
  expect([asked('cross-site', 'navigate'), asked('none', 'navigate'), asked('same-origin', 'cors')]).toEqual([
    false,
    false,
    false,
  ]);
  expect([asked('cross-site', 'cors'), asked('same-site', 'no-cors'), asked('cross-site', '')]).toEqual([
    true,
    true,
    true,
  ]);
});
