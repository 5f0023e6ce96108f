import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Child } from '../src/harness/child.js';
import { cycle, get, Load } from '../src/harness/load.js';
import { median } from '../src/harness/statistics.js';
import { mintAll } from '../src/harness/tokens.js';

// The tests compare counts and not times, because counts are the same on a busy machine.

/** In bytes. Allocated memory must be collected later, and that delays other requests. */
const ALLOWED = 170;

/** A new space into which 10,000 calls fit many times, so that nothing is collected while they are counted. */
const FLAGS = [
  '--expose-gc',
  '--max-semi-space-size=256',
  '--min-semi-space-size=256',
  '--no-concurrent-recompilation',
];

describe('a warm call of the guard, with roles and revocations to check', () => {
  let guard: Child;
  beforeAll(async () => {
    guard = await Child.start('guard', { revoked: 1000 }, { flags: FLAGS });
    await guard.call('warmUp', 50_000);
  });
  afterAll(() => guard.stop());

  test(`allocates no more than ${ALLOWED} bytes`, async () => {
    const samples: number[] = [];
    for (let n = 0; n < 10; n++) samples.push(await guard.call<number>('bytes', 10_000));
    const bytes = median(samples);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(ALLOWED);
  });

  test('makes no promise', async () => {
    expect(await guard.call('promises', 1000)).toBe(0);
  });
});

describe.each(['express', 'fastify'])('a warm GET on %s', (platform) => {
  const REQUESTS = 500;

  async function promisesPerRequest(guard: string): Promise<number> {
    const app = await Child.start('http-app', { guard, platform });
    try {
      const load = await Load.connect(await app.call('port'), { connections: 1 });
      const next = cycle(mintAll(100).map((token) => get('/greeting', [`Authorization: Bearer ${token}`])));
      const send = async (count: number) => {
        for (let n = 0; n < count; n++) await load.slice(next, 0);
      };
      await send(100);
      await app.call('countPromises');
      await send(REQUESTS);
      const made = await app.call<number>('promises');
      load.close();
      return made / REQUESTS;
    } finally {
      await app.stop();
    }
  }

  test('makes as many promises as with a guard that does nothing', async () => {
    const [ours, nothing] = [await promisesPerRequest('ours, @Roles'), await promisesPerRequest('null guard')];
    expect(nothing).toBeGreaterThan(0);
    // The order to count makes one or two, and the timer for revocations makes some.
    expect(Math.abs(ours - nothing)).toBeLessThan(0.5);
  });
});
