/**
 * Wilcoxon's signed-rank test, two-sided: how likely are differences at least as one-sided as these if both signs are
 * equally likely? Normal approximation with continuity correction and correction for ties; good for 20 differences and
 * more.
 */
export function signedRankP(differences: readonly number[]): number {
  const sorted = differences.filter((value) => value !== 0).sort((a, b) => Math.abs(a) - Math.abs(b));
  const n = sorted.length;
  if (n === 0) return 1;
  let positive = 0;
  let ties = 0;
  for (let start = 0; start < n; ) {
    let end = start;
    while (end < n && Math.abs(sorted[end] as number) === Math.abs(sorted[start] as number)) end++;
    const tied = end - start;
    positive += ((start + 1 + end) / 2) * sorted.slice(start, end).filter((value) => value > 0).length;
    ties += tied ** 3 - tied;
    start = end;
  }
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - ties / 48;
  const z = Math.max(0, Math.abs(positive - (n * (n + 1)) / 4) - 0.5) / Math.sqrt(variance);
  return 2 * (1 - normal(z));
}

/** The standard normal distribution function (Abramowitz and Stegun 26.2.17, error below 1e-7), for z ≥ 0. */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const tail = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429].reduce(
    (sum, c, i) => sum + c * t ** (i + 1),
    0,
  );
  return 1 - (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * tail;
}
