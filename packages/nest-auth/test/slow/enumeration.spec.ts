import { setTimeout as wait } from 'node:timers/promises';
import { BcryptHasher, type Mail } from '@acme/nest-auth';
import { emailVerification } from '@acme/nest-auth/email-verification';
import { magicLink } from '@acme/nest-auth/magic-link';
import { passwordReset } from '@acme/nest-auth/password-reset';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type IRateLimiterOptions, RateLimiterMemory } from 'rate-limiter-flexible';
import { PASSWORD, signUp, startApp, type TestApp } from '../support/app.js';
import { Client, type Outgoing } from './client.js';
import { signedRankP } from './rank-test.js';
import { difference, isTold, shuffled } from './told-apart.js';

/** Registrations and logins with a real hash, which takes as long as in an app. */
const BCRYPT = { hasher: new BcryptHasher({ cost: 10 }) };
const WRONG = 'not the right passphrase';

let app: TestApp;
let client: Client | undefined;
afterEach(async () => {
  client?.close();
  if (client) await app.close();
  client = undefined;
});

/**
 * Sends a request for each of some logins, in random order, and repeats that. By default it is a wrong password.
 */
async function timesOf<const Logins extends readonly string[]>(
  logins: Logins,
  rounds: number,
  request = (email: string): Outgoing => ({ url: `${app.url}/auth/login`, body: { email, password: WRONG } }),
) {
  client = new Client();
  const order = Array.from({ length: rounds }, () => shuffled(logins)).flat();
  const requests = [...logins, ...logins, ...order].map(request);
  // Each login warms up twice.
  const answers = (await client.send('one by one', requests)).slice(2 * logins.length);
  const seen = new Set(answers.map(({ status, headers, text }) => JSON.stringify([status, headers, text])));
  const times = logins.map((login) => answers.filter((_, i) => order[i] === login).map(({ ms }) => ms));
  return { times: times as { [I in keyof Logins]: number[] }, seen: [...seen] };
}

describe('whether an account exists', () => {
  /** An account whose hash was made at a lower cost than today's. */
  const older = async (email: string) => {
    const passwordHash = await new BcryptHasher({ cost: 10 }).hash(PASSWORD);
    await app.userStore.create({ login: email, passwordHash, roles: [], profile: {} });
    return email;
  };
  const NOBODY = 'nobody@example.org';

  test("shows neither in the bytes nor in the time of a refused login, at the default cost, whether the hash is today's or older", async () => {
    app = await startApp({ options: { password: { hasher: new BcryptHasher() } } });
    const { email } = await signUp(app);
    const { times, seen } = await timesOf([email, await older('older@example.org'), NOBODY], 50);
    const [known, old, unknown] = times;
    expect(seen).toHaveLength(1);
    expect(seen[0]).toContain('invalid_credentials');
    expect([difference(known, unknown), difference(old, unknown)].filter(isTold)).toEqual([]);
  });

  /** A mailer as slow as a mail server: an answer that waits for it would reveal the account. */
  const slowMailer = (ms = 5) => {
    const sent: string[] = [];
    const send = async ({ to }: Mail) => {
      await wait(ms);
      sent.push(to);
    };
    return { sent, mailer: { send } };
  };
  const unlimited = { limiter: (given: IRateLimiterOptions) => new RateLimiterMemory({ ...given, points: 1_000_000 }) };
  const page = 'https://app.example.org/page';

  test('shows neither in the bytes nor in the time of an answer to a forgotten password', async () => {
    const { sent, mailer } = slowMailer();
    app = await startApp({
      features: [passwordReset()],
      options: { mailer, passwordReset: { page }, throttle: unlimited },
    });
    const { email } = await signUp(app);
    const { times, seen } = await timesOf([email, NOBODY], 200, (login) => ({
      url: `${app.url}/auth/password/forgot`,
      body: { email: login },
    }));
    const [known, unknown] = times;
    expect(seen).toHaveLength(1);
    expect(JSON.parse(seen[0] ?? '')[0]).toBe(202);
    expect([difference(known, unknown)].filter(isTold)).toEqual([]);
    expect(sent.length).toBeGreaterThan(100);
  });

  test('shows neither in the bytes nor in the time of a registration that waits for the verification', async () => {
    // If it took less time, the hash would hide it.
    const { sent, mailer } = slowMailer(60);
    app = await startApp({
      features: [emailVerification()],
      options: { mailer, emailVerification: { page, required: true }, throttle: unlimited, password: BCRYPT },
    });
    const logins = ['unverified@example.org', 'verified@example.org', 'new@example.org'] as const;
    for (const login of logins.slice(0, 2))
      await app.userStore.create({ login, passwordHash: '-', roles: [], profile: {} });
    const { id } = (await app.userStore.findByLogin(logins[1])) ?? { id: '' };
    await app.userStore.setEmailVerified(id, logins[1], new Date());
    let registrations = 0;
    const { times, seen } = await timesOf(logins, 60, (login) => ({
      url: `${app.url}/auth/register`,
      body: { email: login === 'new@example.org' ? `${++registrations}-${login}` : login, password: PASSWORD },
    }));
    const [unverified, verified, fresh] = times;
    expect(seen).toHaveLength(1);
    expect(JSON.parse(seen[0] ?? '')[0]).toBe(202);
    expect([difference(unverified, fresh), difference(verified, fresh)].filter(isTold)).toEqual([]);
    expect(sent.length).toBeGreaterThan(100);
  });

  test('shows neither in the bytes nor in the time of an answer to a request for another link', async () => {
    const { sent, mailer } = slowMailer();
    app = await startApp({
      features: [emailVerification()],
      options: { mailer, emailVerification: { page }, throttle: unlimited },
    });
    const [{ email: unverified }, { email: verified }] = [await signUp(app), await signUp(app)];
    const { id } = (await app.userStore.findByLogin(verified)) ?? { id: '' };
    await app.userStore.setEmailVerified(id, verified, new Date());
    const { times, seen } = await timesOf([unverified, verified, NOBODY], 200, (email) => ({
      url: `${app.url}/auth/email/verify/send`,
      body: { email },
    }));
    const [pending, done, unknown] = times;
    expect(seen).toHaveLength(1);
    expect(JSON.parse(seen[0] ?? '')[0]).toBe(202);
    expect([difference(pending, unknown), difference(done, unknown)].filter(isTold)).toEqual([]);
    expect(sent.length).toBeGreaterThan(100);
  });

  test('shows in neither way at a login with the right password into an account that is not verified', async () => {
    const { mailer } = slowMailer();
    app = await startApp({
      features: [emailVerification()],
      options: { mailer, emailVerification: { page, required: true }, throttle: unlimited, password: BCRYPT },
    });
    const passwordHash = await new BcryptHasher({ cost: 10 }).hash(WRONG);
    const login = 'unverified@example.org';
    await app.userStore.create({ login, passwordHash, roles: [], profile: {} });
    const { times, seen } = await timesOf([login, NOBODY], 100);
    const [unverified, unknown] = times;
    expect(seen).toHaveLength(1);
    expect(seen[0]).toContain('invalid_credentials');
    expect([difference(unverified, unknown)].filter(isTold)).toEqual([]);
  });

  test('shows neither in the bytes nor in the time of an answer to a request for a magic link, or to its wrong code', async () => {
    const sent: string[] = [];
    const mailer = {
      send: async ({ to }: Mail) => {
        await wait(5);
        sent.push(to);
      },
    };
    app = await startApp({
      features: [magicLink()],
      options: {
        mailer,
        magicLink: { page: 'https://app.example.org/magic-link' },
        throttle: { limiter: (given) => new RateLimiterMemory({ ...given, points: 1_000_000 }) },
      },
    });
    const { email } = await signUp(app);
    const url = `${app.url}/auth/login/magic-link`;
    const asked = await timesOf([email, NOBODY], 200, (login) => ({ url, body: { email: login } }));
    client?.close();
    const tokens = new Map<string, string[]>();
    for (const login of [email, NOBODY]) {
      const answers = Array.from({ length: 102 }, () => app.http.post('/auth/login/magic-link').send({ email: login }));
      tokens.set(
        login,
        (await Promise.all(answers)).map(({ body }) => body.request_token),
      );
    }
    const confirmed = await timesOf([email, NOBODY], 100, (login) => ({
      url: `${url}/confirm`,
      body: { code: '000000', request_token: tokens.get(login)?.pop() },
    }));
    // Each answer has a random token, and Express a digest of the body.
    const seen = asked.seen.map((answer) => {
      const [status, { etag: _, ...headers }, text] = JSON.parse(answer);
      return JSON.stringify([status, headers, { ...JSON.parse(text), request_token: 'random' }]);
    });
    expect([new Set(seen).size, confirmed.seen.length]).toEqual([1, 1]);
    expect(seen[0]).toMatch(/^\[202/);
    expect(confirmed.seen[0]).toContain('wrong_answer');
    const differences = [asked, confirmed].map(({ times: [known, unknown] }) => difference(known, unknown));
    expect(differences.filter(isTold)).toEqual([]);
    expect(sent.length).toBeGreaterThan(100);
  });

  test('would show in the time if an unknown login cost no hash: this test can see', async () => {
    // A hasher whose dummy hash costs nothing, like a library without a dummy hash.
    const hasher = new BcryptHasher({ cost: 10 });
    const hash = hasher.hash.bind(hasher);
    hasher.hash = async () => {
      hasher.hash = hash;
      return '$2b$';
    };
    app = await startApp({ options: { password: { hasher } } });
    const { email } = await signUp(app);
    const [known, unknown] = (await timesOf([email, NOBODY], 40)).times;
    expect(isTold(difference(known, unknown))).toBe(true);
  });

  test('would show in the time if the rest of an older hash were not spent: this test can see that too', async () => {
    const hasher = Object.assign(new BcryptHasher(), { spendRest: async () => {} });
    app = await startApp({ options: { password: { hasher } } });
    const [old, unknown] = (await timesOf([await older('older@example.org'), NOBODY], 30)).times;
    expect(isTold(difference(old, unknown))).toBe(true);
  });
});

describe('the rank test', () => {
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  /** Two noisy times of each round, in rounds of which some are far slower than others. */
  const run = (shift: number) =>
    signedRankP(
      Array.from({ length: 60 }, () => {
        const round = 1 + Math.random();
        const time = (mean: number) => mean * round * (1 + 0.05 * gaussian());
        return time(1 + shift) - time(1);
      }),
    );

  test('sees a shift of 10 % in noise of 5 %, and does not cry wolf without one', () => {
    const detected = (shift: number) => Array.from({ length: 200 }, () => run(shift)).filter((p) => p < 1e-4).length;
    expect(detected(0.1)).toBe(200);
    expect(detected(0)).toBeLessThan(3);
  });

  test('agrees with a textbook: with ties, with zeros, and with nothing but zeros', () => {
    const differences = [15, -7, 5, 20, 0, -9, 17, -12, 5, -10];
    // W+ = 27 of 45, variance 71.125.
    expect(signedRankP(differences)).toBeCloseTo(0.6353, 4);
    expect(signedRankP([0, 0, 0])).toBe(1);
  });
});
