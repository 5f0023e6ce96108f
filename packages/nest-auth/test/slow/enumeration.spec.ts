import { BcryptHasher } from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import { signUp, startApp, type TestApp } from '../app.js';
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

/** Asks for two logins in random order, one after the other. */
async function compare(logins: readonly [string, string]) {
  client = new Client();
  const order = shuffled(logins.flatMap((login) => Array<string>(SAMPLES).fill(login)));
  const requests = [...logins, ...logins, ...order].map((email) => ({
    url: `${app.url}/auth/login`,
    body: { email, password: WRONG },
  }));
  // The first four warm up.
  const answers = (await client.send('one by one', requests)).slice(4);
  const [first, second] = logins.map((login) => answers.filter((_, i) => order[i] === login).map(({ ms }) => ms));
  const seen = new Set(answers.map(({ status, headers, text }) => JSON.stringify([status, headers, text])));
  return { p: mannWhitneyP(first as number[], second as number[]), seen: [...seen] };
}

describe('whether an account exists', () => {
  test('shows neither in the bytes nor in the time of a refused login', async () => {
    app = await startApp();
    const { email } = await signUp(app);
    const { p, seen } = await compare([email, 'nobody@example.org']);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toContain('invalid_credentials');
    expect(p).toBeGreaterThan(0.01);
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
    const { p } = await compare([email, 'nobody@example.org']);
    expect(p).toBeLessThan(1e-6);
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
