import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ecdsa, forge } from '../../../test/support/keys/forge.js';
import { type JwksServer, startJwksServer } from '../../../test/support/keys/jwks-server.js';
import { isSigned, type SignatureCheck } from '../tokens/signature.js';
import { TokenVerifier } from '../tokens/token-verifier.js';
import { JwksFeed, type JwksFeedOptions } from './jwks-feed.js';

const pairs = new Map<string, { readonly privateKey: KeyObject; readonly publicKey: KeyObject }>();

/** A P-256 pair of this name, the same every time. */
function pairOf(kid: string) {
  const pair = pairs.get(kid) ?? generateKeyPairSync('ec', { namedCurve: 'P-256' });
  pairs.set(kid, pair);
  return pair;
}

const setOf = (...kids: string[]) => ({
  keys: kids.map((kid) => ({ ...pairOf(kid).publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' })),
});

const NOW = 1_900_000_000;
const claims = { sub: 'u', sid: 's', jti: 'j', roles: [], iss: 'issuer', aud: 'api', iat: NOW, exp: NOW + 100_000 };

/** A token of the issuer, signed with the key of this name. */
const tokenOf = (kid: string, payload: object = {}) =>
  forge({ alg: 'ES256', typ: 'at+jwt', kid }, { ...claims, ...payload }, ecdsa(pairOf(kid).privateKey));

let server: JwksServer;
const feeds: JwksFeed[] = [];
beforeEach(async () => {
  server = await startJwksServer();
});
afterEach(async () => {
  jest.useRealTimers();
  await Promise.all(feeds.splice(0).map((feed) => feed.stop()));
  await server.close();
});

function setUp(options: Partial<JwksFeedOptions> = {}) {
  const time = { now: NOW };
  const clock = () => time.now * 1000;
  const verify = jest.fn<SignatureCheck>(isSigned);
  const verifier = new TokenVerifier({
    ...{ issuer: 'issuer', audience: ['api'], clockTolerance: 5, maxAge: 86_400, clock },
    isSigned: verify,
  });
  const report = jest.fn<JwksFeedOptions['report']>();
  const defaults = { timeout: 5, refresh: 300, maxStale: 3600 };
  const feed = new JwksFeed({ ...defaults, uri: server.url, verifier, clock, fetch, report, ...options });
  feeds.push(feed);
  const codeOf = (token: string): string => {
    try {
      verifier.authenticate(token);
      return 'accepted';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  return { time, verify, verifier, report, feed, codeOf };
}

const all = (feed: ReturnType<typeof setUp>, ...tokens: string[]) => tokens.map((token) => feed.codeOf(token));

describe('keys come from the issuer', () => {
  test('before the first keys come, every token is answered with an outage: none is refused, and none is let in', async () => {
    const one = setUp();
    const tokens = [tokenOf('a'), tokenOf('unknown'), 'rubbish', '', 'x'.repeat(9000)];
    expect(new Set(all(one, ...tokens))).toEqual(new Set(['store_unavailable']));
    server.publish('down', 'text/plain', 500);
    await one.feed.refresh();
    expect(new Set(all(one, ...tokens))).toEqual(new Set(['store_unavailable']));
    expect(() => one.verifier.authenticate('x')).toThrow(expect.objectContaining({ retryAfter: expect.any(Number) }));
  });

  test('a thousand tokens of unknown keys cause no request', async () => {
    const one = setUp();
    server.publish(setOf('a'));
    await one.feed.start();
    for (let i = 0; i < 1000; i++) expect(one.codeOf(tokenOf('b', { jti: String(i) }))).toBe('invalid_token');
    for (const kid of ['__proto__', 'constructor', `${server.url}`, '../a'])
      expect(one.codeOf(forge({ alg: 'ES256', typ: 'at+jwt', kid }, claims, ecdsa(pairOf('a').privateKey)))).toBe(
        'invalid_token',
      );
    expect(server.seen).toHaveLength(1);
    expect(one.codeOf(tokenOf('a'))).toBe('accepted');
  });

  test('a rotation is followed, and a key that is removed takes its tokens with it at once, remembered ones too', async () => {
    const one = setUp();
    const [a, b] = [tokenOf('a'), tokenOf('b')];
    const states: string[][] = [];
    for (const kids of [['a'], ['a', 'b'], ['b', 'a'], ['b']]) {
      server.publish(setOf(...kids));
      await one.feed.refresh();
      states.push(all(one, a, b, a, b));
    }
    expect(states).toEqual([
      ['accepted', 'invalid_token', 'accepted', 'invalid_token'],
      ['accepted', 'accepted', 'accepted', 'accepted'],
      ['accepted', 'accepted', 'accepted', 'accepted'],
      ['invalid_token', 'accepted', 'invalid_token', 'accepted'],
    ]);
  });

  test('a key that is replaced under its name ends what the old one had signed', async () => {
    const one = setUp();
    server.publish(setOf('a'));
    await one.feed.refresh();
    const token = tokenOf('a');
    expect(one.codeOf(token)).toBe('accepted');
    server.publish({ keys: setOf('other').keys.map((jwk) => ({ ...jwk, kid: 'a' })) });
    await one.feed.refresh();
    expect(one.codeOf(token)).toBe('invalid_token');
  });

  test('the same keys again cost nobody another signature check', async () => {
    const one = setUp();
    server.publish(setOf('a', 'b'));
    await one.feed.refresh();
    const token = tokenOf('a');
    // Remembered at the second use.
    expect([one.codeOf(token), one.codeOf(token)]).toEqual(['accepted', 'accepted']);
    one.verify.mockClear();
    server.publish(setOf('b', 'a'));
    await one.feed.refresh();
    expect(one.codeOf(token)).toBe('accepted');
    expect(one.verify).not.toHaveBeenCalled();
  });
});

describe('while the issuer fails', () => {
  const failures: [string, () => void][] = [
    ['says 500', () => server.publish('down', 'text/plain', 500)],
    ['sends a page', () => server.publish('<html>', 'text/html')],
    ['sends no keys', () => server.publish({ keys: [] })],
    ['sends only keys that we cannot use', () => server.publish({ keys: [{ kty: 'OKP', kid: 'a', alg: 'EdDSA' }] })],
    ['sends a private key', () => server.publish({ keys: [pairOf('b').privateKey.export({ format: 'jwk' })] })],
    ['hangs up', () => server.answer(({ socket }) => socket.destroy())],
    ['redirects', () => server.answer((_, response) => void response.writeHead(302, { location: '/other' }).end())],
    ['sends too much', () => server.publish(' '.repeat(70_000))],
  ];
  test.each(failures)('while the issuer fails, the last good keys stay in use: it %s', async (_, fail) => {
    const one = setUp();
    server.publish(setOf('a'));
    await one.feed.refresh();
    fail();
    await one.feed.refresh();
    expect(all(one, tokenOf('a'), tokenOf('b'))).toEqual(['accepted', 'invalid_token']);
    expect(one.report).toHaveBeenCalledWith(
      'warn',
      expect.stringMatching(/^The key set at jwksUri .*attempt in 1 s\.$/),
    );
    expect(one.report.mock.calls.join()).not.toContain(server.url);
  });

  test('the last good keys are used for maxStale at most; then every token is answered with an outage until the issuer answers', async () => {
    const one = setUp({ maxStale: 3600 });
    server.publish(setOf('a'));
    await one.feed.refresh();
    const [token, unknown] = [tokenOf('a'), tokenOf('b')];
    expect(one.codeOf(token)).toBe('accepted');
    server.publish('down', 'text/plain', 503);
    one.time.now += 3599;
    await one.feed.refresh();
    expect(all(one, token, unknown)).toEqual(['accepted', 'invalid_token']);
    one.time.now += 1;
    expect(all(one, token, unknown)).toEqual(['store_unavailable', 'store_unavailable']);
    server.publish(setOf('a'));
    await one.feed.refresh();
    expect(all(one, token, unknown)).toEqual(['accepted', 'invalid_token']);
    expect(one.report).toHaveBeenLastCalledWith('log', 'The keys of the issuer are known again.');
  });

  test('keys are as old as the question, not as the answer', async () => {
    const one = setUp({ maxStale: 3600 });
    server.answer((_, response) => {
      one.time.now += 4;
      response.setHeader('content-type', 'application/json').end(JSON.stringify(setOf('a')));
    });
    await one.feed.refresh();
    one.time.now = NOW + 3600;
    expect(one.codeOf(tokenOf('a'))).toBe('store_unavailable');
  });

  test('a silent issuer is given up after the timeout', async () => {
    const one = setUp({ timeout: 0.05 });
    const hungUp = new Promise<void>((resolve) => server.answer(({ socket }) => socket.on('close', () => resolve())));
    await one.feed.refresh();
    await hungUp;
    expect(one.report).toHaveBeenCalledWith('warn', expect.stringContaining('did not arrive in time'));
  });

  test('a silent issuer does not delay the end of the app, and that is not reported', async () => {
    const one = setUp({ timeout: 60 });
    const reached = new Promise<void>((resolve) => server.answer(() => resolve()));
    const starting = one.feed.start();
    await reached;
    await one.feed.stop();
    await starting;
    expect(one.report).not.toHaveBeenCalled();
  });

  test('retries come after 1 s, doubling to 30 s or the usual interval, and success returns to it', async () => {
    const pausesOf = async (refresh: number) => {
      const one = setUp({ refresh });
      server.publish('down', 'text/plain', 500);
      const pauses: number[] = [];
      for (let i = 0; i < 7; i++) {
        await one.feed.refresh();
        pauses.push(one.feed.pause);
      }
      server.publish(setOf('a'));
      await one.feed.refresh();
      return [...pauses, one.feed.pause];
    };
    expect(await pausesOf(300)).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 300_000]);
    expect(await pausesOf(10)).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 10_000]);
  });
});

test('concurrent calls share one request', async () => {
  const one = setUp();
  server.publish(setOf('a'));
  await Promise.all([one.feed.refresh(), one.feed.refresh(), one.feed.start()]);
  expect(server.seen).toHaveLength(1);
});

test('keys are fetched on a schedule, and not after the app has ended', async () => {
  jest.useFakeTimers({ now: NOW * 1000, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
  const answers = ['ok', 'ok', 'down', 'ok'];
  const asked: number[] = [];
  const fake = async () => {
    asked.push(Date.now() / 1000 - NOW);
    const ok = (answers.shift() ?? 'ok') === 'ok';
    return new Response(JSON.stringify(setOf('a')), {
      status: ok ? 200 : 500,
      headers: { 'content-type': 'application/json' },
    });
  };
  const { feed } = setUp({ fetch: fake });
  await feed.start();
  for (let second = 0; second < 905; second++) {
    await jest.advanceTimersByTimeAsync(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await feed.stop();
  expect(jest.getTimerCount()).toBe(0);
  expect(asked).toEqual([0, 300, 600, 601, 901]);
});
