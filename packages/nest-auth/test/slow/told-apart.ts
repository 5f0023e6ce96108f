import { signedRankP } from './rank-test.js';

export function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

const median = (samples: readonly number[]): number =>
  [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)] as number;

/**
 * Compares the times of two kinds of request. `p` is the probability of such a difference by chance alone, and `share`
 * is the difference as a part of the time. A busy minute slows a whole round down, so only times of the same round are
 * compared.
 */
export function difference(first: readonly number[], second: readonly number[]) {
  const logs = first.map((ms, round) => Math.log(ms / (second[round] as number)));
  return { p: signedRankP(logs), share: Math.abs(Math.exp(median(logs)) - 1) };
}

/** By chance alone, one comparison in ten thousand would fail. The difference must also be large enough to matter. */
export const isTold = ({ p, share }: ReturnType<typeof difference>): boolean => p < 1e-4 && share > 0.05;
