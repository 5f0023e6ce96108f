import { describe, expect, test } from '@jest/globals';
import { revokeInBatches } from './revoke-in-batches.js';

describe('revoking in batches', () => {
  /** Rows that another caller may revoke between the two steps. */
  const setUp = (count: number, stolen: readonly number[] = []) => {
    const live = new Set(Array.from({ length: count }, (_, n) => `s${n}`));
    const asked: number[] = [];
    const run = (limit: number) =>
      revokeInBatches(
        limit,
        async (most) => {
          asked.push(most);
          return [...live].slice(0, most);
        },
        async (ids) => {
          for (const n of stolen) live.delete(`s${n}`);
          return ids.filter((id) => live.delete(id));
        },
      );
    return { run, asked, live };
  };

  test.each([
    [5, 10, 5],
    [5, 5, 5],
    [5, 3, 3],
    [5, 0, 0],
    [0, 3, 0],
  ])('of %i rows with a limit of %i takes %i', async (rows, limit, taken) => {
    const { run, asked } = setUp(rows);
    expect(await run(limit)).toHaveLength(taken);
    expect(asked).toEqual([limit]);
  });

  test('chooses again when another caller took some, so that fewer than the limit means that none is left', async () => {
    const { run, asked, live } = setUp(6, [0, 2]);
    expect(await run(4)).toEqual(['s1', 's3', 's4', 's5']);
    expect(asked).toEqual([4, 2]);
    expect(live.size).toBe(0);
  });

  test.each([undefined, null, '1', -1, 0.5, Number.NaN])('a limit of %j is not "all"', async (limit) => {
    const { run, live } = setUp(3);
    await expect(run(limit as number)).rejects.toThrow(TypeError);
    expect(live.size).toBe(3);
  });
});
