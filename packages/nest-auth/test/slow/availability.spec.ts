import { AuthService, BcryptHasher } from '@acme/nest-auth';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { patience } from '../../../../tests/system/src/patience.js';
import { PASSWORD, startApp, type TestApp } from '../support/app.js';
import { type Answer, Client, type Outgoing } from './client.js';

const WRONG = 'not the right passphrase';
const SECONDS = 15;
const ATTACKER = '192.0.2.66';
const HOME = '198.51.100.7';

let app: TestApp;
let idle: number;
const [attacker, other] = [new Client(), new Client()];

const login = (email: string, from: string, password = PASSWORD): Outgoing => ({
  url: `${app.url}/auth/login`,
  body: { email, password },
  from,
});

const median = (answers: readonly Answer[]): number =>
  answers.map(({ ms }) => ms).sort((a, b) => a - b)[Math.floor(answers.length / 2)] as number;

/** A user logs in once a second: alternately from a known address, and from an address that never logged them in. */
async function somebody(seconds: number, subnet: number) {
  const isKnown = (i: number) => i % 2 === 0;
  const requests = Array.from({ length: seconds }, (_, i) =>
    login('ann@example.org', isKnown(i) ? HOME : `203.0.${subnet}.${i + 1}`),
  );
  const answers = await other.send('paced', requests);
  return { known: answers.filter((_, i) => isKnown(i)), unknown: answers.filter((_, i) => !isKnown(i)) };
}

beforeAll(async () => {
  // No budget ends these floods: only the queue limits them.
  const plenty = { points: 1_000_000, duration: '15m' };
  app = await startApp({
    trustProxy: true,
    options: { password: { hasher: new BcryptHasher() }, throttle: { account: plenty, address: plenty } },
  });
  const accounts = ['ann', ...Array.from({ length: 5 }, (_, i) => `mallory-${i}`)];
  for (const name of accounts)
    await app.app.get(AuthService).register({ login: `${name}@example.org`, password: PASSWORD });
  await somebody(2, 1);
  const { known, unknown } = await somebody(8, 2);
  idle = median([...known, ...unknown]);
}, 200_000);
afterAll(async () => {
  for (const client of [attacker, other]) client.close();
  await app.close();
});

describe('somebody else logs in, whether they are known at their address or not, while', () => {
  const hex = (i: number) => i.toString(16).padStart(2, '0');
  const floods: [string, number, () => Outgoing[]][] = [
    [
      '45 connections rotate through the 256 /64s of one /56 with wrong passwords for random logins',
      45,
      () => Array.from({ length: 4096 }, (_, i) => login(`x${i}@example.org`, `2001:db8:0:1${hex(i % 256)}::1`, WRONG)),
    ],
    [
      '40 connections of one address have five accounts of their own and the right passwords',
      40,
      () => Array.from({ length: 5 }, (_, i) => login(`mallory-${i}@example.org`, ATTACKER)),
    ],
    [
      '90 connections send logins and hang up after 15 ms',
      90,
      () =>
        Array.from({ length: 900 }, (_, i) => ({ ...login(`y${i}@example.org`, ATTACKER, WRONG), hangUpAfter: 15 })),
    ],
  ];

  test.each(floods)(
    '%s',
    async (_, connections, requests) => {
      // Hashing threads have a low priority, so other work on a busy machine slows a flooded server more.
      const before = patience(4);
      const flood = attacker.flood(requests(), connections);
      const subnet = 3 + floods.findIndex(([, n]) => n === connections);
      const { known, unknown } = await somebody(SECONDS, subnet).finally(() => attacker.stop());
      const counts = await flood;
      const bound = Math.max(before, patience(4));
      // It did fill the queue, or closed its connections repeatedly. How often depends on how fast this machine hashes.
      expect((counts[503] ?? 0) + (counts[0] ?? 0)).toBeGreaterThan(SECONDS);
      for (const answers of [known, unknown]) {
        expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
        expect(median(answers) / idle).toBeLessThanOrEqual(bound);
      }
    },
    400_000,
  );
});
