import { expect, test } from '@jest/globals';
import { redisThrottle } from '../src/index.js';
import { withBothLibraries } from './servers.js';

withBothLibraries('the throttle', (bench) => {
  const budget = { keyPrefix: 'nest-auth:account', points: 3, duration: 60 };

  test('counts together what two clients count', async () => {
    const second = await bench.library.open();
    try {
      const limiters = [bench.open, second].map(({ client }) =>
        redisThrottle(client, { prefix: bench.prefix }).limiter(budget),
      );
      const [one, other] = [limiters[0]!, limiters[1]!];
      await one.consume('login');
      await other.consume('login');
      await one.consume('login');
      for (const limiter of limiters)
        await expect(limiter.consume('login')).rejects.toMatchObject({ msBeforeNext: expect.any(Number) });
      expect((await other.get('login'))?.consumedPoints).toBe(5);
      await other.reward('login', 3);
      expect((await one.consume('login')).consumedPoints).toBe(3);
      await one.set('known', 1, 60);
      expect((await other.get('known'))?.consumedPoints).toBe(1);
      expect(await other.get('unknown')).toBeNull();
    } finally {
      await second.close();
    }
  });

  test('counts each counter for itself', async () => {
    const { limiter } = redisThrottle(bench.open.client, { prefix: bench.prefix });
    await limiter(budget).consume('someone', 3);
    expect((await limiter({ ...budget, keyPrefix: 'nest-auth:address' }).consume('someone')).consumedPoints).toBe(1);
  });
});
