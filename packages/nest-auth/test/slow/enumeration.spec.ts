import { BcryptHasher } from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import { PASSWORD, signUp, startApp, type TestApp } from '../app.js';
import { Client } from './client.js';
import { mannWhitneyP } from './rank-test.js';

const SAMPLES = 200;
const WRONG = 'not the right passphrase';

let app: TestApp;
let client: Client | undefined;
afterEach(async () => {
  client?.close();
  if (client) await app.close();
  client = undefined;
});

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Sends wrong passwords for some logins in random order, one after the other. */
async function timesOf<const Logins extends readonly string[]>(logins: Logins, samples: number) {
  client = new Client();
  const order = shuffled(logins.flatMap((login) => Array<string>(samples).fill(login)));
  const requests = [...logins, ...logins, ...order].map((email) => ({
    url: `${app.url}/auth/login`,
    body: { email, password: WRONG },
  }));
  // Each login warms up twice.
  const answers = (await client.send('one by one', requests)).slice(2 * logins.length);
  const seen = new Set(answers.map(({ status, headers, text }) => JSON.stringify([status, headers, text])));
  const times = logins.map((login) => answers.filter((_, i) => order[i] === login).map(({ ms }) => ms));
  return { times: times as { [I in keyof Logins]: number[] }, seen: [...seen] };
}

const median = (samples: readonly number[]): number =>
  [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)] as number;

/** How two arms differ: the odds that chance alone would do it, and by which part of the time. */
function difference(first: readonly number[], second: readonly number[]) {
  return { p: mannWhitneyP(first, second), share: Math.abs(median(first) / median(second) - 1) };
}

/** Not told apart: by chance alone one comparison in a hundred would be, so the difference must also be one that counts. */
const isTold = ({ p, share }: ReturnType<typeof difference>): boolean => p < 0.01 && share > 0.05;

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
    const { times, seen } = await timesOf([email, await older('older@example.org'), NOBODY], 60);
    const [known, old, unknown] = times;
    expect(seen).toHaveLength(1);
    expect(seen[0]).toContain('invalid_credentials');
    expect([difference(known, unknown), difference(old, unknown)].filter(isTold)).toEqual([]);
  });

  test('would show in the time if an unknown login cost no hash: this test can see', async () => {
    // A hasher whose stand-in hash is free: what a library without one would do.
    const hasher = new BcryptHasher({ cost: 10 });
    const hash = hasher.hash.bind(hasher);
    hasher.hash = async () => {
      hasher.hash = hash;
      return '$2b$';
    };
    app = await startApp({ options: { password: { hasher } } });
    const { email } = await signUp(app);
    const [known, unknown] = (await timesOf([email, NOBODY], 40)).times;
    expect(difference(known, unknown).p).toBeLessThan(1e-6);
    expect(isTold(difference(known, unknown))).toBe(true);
  });

  test('would show in the time if the rest of an older hash were not spent: this test can see that too', async () => {
    const hasher = Object.assign(new BcryptHasher(), { spendRest: async () => {} });
    app = await startApp({ options: { password: { hasher } } });
    const [old, unknown] = (await timesOf([await older('older@example.org'), NOBODY], 30)).times;
    expect(difference(old, unknown).p).toBeLessThan(1e-6);
    expect(isTold(difference(old, unknown))).toBe(true);
  });
});

describe('the rank test', () => {
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const samples = (mean: number) => Array.from({ length: SAMPLES }, () => mean * (1 + 0.05 * gaussian()));
  const run = (shift: number) => mannWhitneyP(samples(60), samples(60 * (1 + shift)));

  test('sees a shift of 5 % in noise of 5 %, and does not cry wolf without one', () => {
    const detected = (shift: number) => Array.from({ length: 200 }, () => run(shift)).filter((p) => p < 0.01).length;
    expect(detected(0.05)).toBe(200);
    expect(detected(0)).toBeLessThan(10);
  });

  test('agrees with a textbook: for samples with ties, and for samples that are all one tie', () => {
    const [a, b] = [
      [1, 2, 2, 3, 3, 3, 4, 4, 5, 5],
      [4, 5, 5, 6, 6, 7, 7, 8, 8, 9],
    ];
    expect(mannWhitneyP(a as number[], b as number[])).toBeCloseTo(0.00069, 4);
    expect(mannWhitneyP([1, 1, 1], [1, 1, 1])).toBe(1);
  });
});
