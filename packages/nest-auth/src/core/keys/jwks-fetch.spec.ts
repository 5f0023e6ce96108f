import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type JwksServer, startJwksServer } from '../../../test/support/keys/jwks-server.js';
import { fetchJwks, jwksUriProblem } from './jwks-fetch.js';

let server: JwksServer;
beforeEach(async () => {
  server = await startJwksServer();
});
afterEach(() => server.close());

const get = (signal = new AbortController().signal) => fetchJwks(server.url, fetch, signal);
const SET = { keys: [{ kid: 'a' }] };

test.each(['application/json', 'application/json; charset=utf-8', 'application/jwk-set+json', 'Application/JSON'])(
  'a set of type %s is read, in one request for the configured address',
  async (type) => {
    server.publish(SET, type);
    expect(await get()).toEqual(SET);
    expect(server.seen).toEqual(['/.well-known/jwks.json']);
  },
);

describe('an answer that is not a key set is refused', () => {
  test.each([201, 204, 401, 404, 500, 503])('status %i', async (status) => {
    server.publish(status === 204 ? '' : SET, 'application/json', status);
    await expect(get()).rejects.toThrow(`was answered with ${status}`);
  });

  test.each(['text/html', 'text/plain', 'application/jsonp', 'application/x-json', ''])('type %j', async (type) => {
    server.publish(SET, type);
    await expect(get()).rejects.toThrow('is not application/json');
  });

  test.each<[string, string | Buffer]>([
    ['HTML', '<html>secret</html>'],
    ['half a set', '{"keys":[{"kid":"secret'],
    ['nothing', ''],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
  ])('%s, of which the error repeats nothing', async (_, body) => {
    server.answer((_request, response) => void response.setHeader('content-type', 'application/json').end(body));
    const error = await get().catch((thrown: unknown) => thrown);
    expect(String(error)).toBe('RangeError: is not JSON');
  });

  test.each([301, 302, 303, 307, 308])(
    'a redirect (%i) is not followed: nobody else chooses our keys',
    async (status) => {
      server.answer(({ url }, response) => {
        if (url === '/mallory') response.setHeader('content-type', 'application/json').end(JSON.stringify(SET));
        else response.writeHead(status, { location: '/mallory' }).end();
      });
      await expect(get()).rejects.toThrow();
      expect(server.seen).toEqual(['/.well-known/jwks.json']);
    },
  );
});

describe('an answer is 64 KiB at most', () => {
  const padded = (bytes: number) => `${JSON.stringify(SET)}`.padEnd(bytes, ' ');

  test('an answer of 64 KiB is read, one byte more is not', async () => {
    server.publish(padded(65_536));
    expect(await get()).toEqual(SET);
    server.publish(padded(65_537));
    await expect(get()).rejects.toThrow('has more than 65536 bytes');
  });

  test('a compressed answer counts by its full size, whatever it claims', async () => {
    const bomb = gzipSync(padded(50_000_000));
    expect(bomb.length).toBeLessThan(65_536);
    server.answer((_, response) =>
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb),
    );
    await expect(get()).rejects.toThrow('has more than 65536 bytes');
  });

  test('an endless answer is cut off', async () => {
    const gone = new Promise<void>((resolve) => {
      server.answer((_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const write = () => response.write(' '.repeat(16_384));
        response.on('drain', write).on('close', () => resolve());
        while (write());
      });
    });
    await expect(get()).rejects.toThrow('has more than 65536 bytes');
    await gone;
  });

  test('an answer of another status is cut off before it is read', async () => {
    const gone = new Promise<void>((resolve) => {
      server.answer((_, response) => {
        response.on('close', () => resolve()).writeHead(500);
        response.write(' '.repeat(1_000_000));
      });
    });
    await expect(get()).rejects.toThrow('was answered with 500');
    await gone;
  });
});

describe('an issuer that is silent does not keep anybody waiting', () => {
  test.each<
    [string, (response: { writeHead(status: number, headers: object): { write(text: string): void } }) => void]
  >([
    ['from the beginning', () => undefined],
    ['in the middle', (response) => response.writeHead(200, { 'content-type': 'application/json' }).write('{"keys":')],
  ])('%s', async (_, begin) => {
    const abort = new AbortController();
    const reached = new Promise<void>((resolve) => {
      server.answer((_request, response) => {
        begin(response as never);
        resolve();
      });
    });
    const answer = get(abort.signal);
    await reached;
    abort.abort();
    await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('an address is', () => {
  test.each([
    'https://auth.example.org/.well-known/jwks.json',
    'https://auth.example.org:8443/keys?tenant=1',
    'http://localhost:3000/keys',
    'http://127.0.0.1:3000/keys',
    'http://[::1]:3000/keys',
  ])('accepted: %s', (uri) => {
    expect(jwksUriProblem(uri)).toBeUndefined();
  });

  test.each<[unknown, RegExp]>([
    ['http://auth.example.org/keys', /does not begin with https/],
    ['http://localhost.example.org/keys', /does not begin with https/],
    ['http://127.0.0.1.example.org/keys', /does not begin with https/],
    ['http://localhost@example.org/keys', /credentials/],
    ['https://user:hunter2@example.org/keys', /credentials/],
    ['https://:hunter2@example.org/keys', /credentials/],
    ['file:///etc/keys.json', /does not begin with https/],
    ['data:application/json,{}', /does not begin with https/],
    ['auth.example.org/keys', /is not a URL/],
    ['', /is not a URL/],
    [7, /is not a URL/],
    [{ href: 'https://example.org' }, /is not a URL/],
  ])('refused: %j', (uri, problem) => {
    expect(jwksUriProblem(uri)).toMatch(problem);
    expect(jwksUriProblem(uri)).not.toContain('hunter2');
  });
});

test('a request bypasses the caches of proxies, and sends no cookies, no credentials and no referrer', async () => {
  const spy = jest.fn<(headers: Record<string, unknown>) => void>();
  server.answer(({ headers }, response) => {
    spy(headers);
    response.setHeader('content-type', 'application/json').end(JSON.stringify(SET));
  });
  await get();
  const sent = spy.mock.calls[0]![0];
  expect(sent['cache-control']).toBe('no-cache');
  const names = Object.keys(sent);
  expect(names.filter((name) => /cookie|authorization|referer/.test(name))).toEqual([]);
});
