import type { LimiterFactory } from '@acme/nest-auth';

/** Counters that never refuse, and store nothing. */
export const unlimited: LimiterFactory = ({ points = 1, duration = 1 }) => {
  const remaining = {
    msBeforeNext: duration * 1000,
    remainingPoints: points,
    consumedPoints: 0,
    isFirstInDuration: true,
  };
  const count = async () => remaining;
  const counter = { points, duration, consume: count, reward: count, penalty: count, set: count, block: count };
  return { ...counter, get: async () => null, delete: async () => true } as unknown as ReturnType<LimiterFactory>;
};
