/**
 * Mann–Whitney U, two-sided: how likely are two samples as different as these when they come from one distribution?
 * Normal approximation with continuity correction and correction for ties; good for samples of 20 and more.
 */
export function mannWhitneyP(first: readonly number[], second: readonly number[]): number {
  const all = [...first.map((value) => ({ value, own: true })), ...second.map((value) => ({ value, own: false }))];
  all.sort((a, b) => a.value - b.value);
  const n = all.length;
  let rankSum = 0;
  let ties = 0;
  for (let start = 0; start < n; ) {
    let end = start;
    while (end < n && all[end]?.value === all[start]?.value) end++;
    const tied = end - start;
    const rank = (start + 1 + end) / 2;
    for (const { own } of all.slice(start, end)) if (own) rankSum += rank;
    ties += tied ** 3 - tied;
    start = end;
  }
  const [n1, n2] = [first.length, second.length];
  const u = rankSum - (n1 * (n1 + 1)) / 2;
  const variance = ((n1 * n2) / 12) * (n + 1 - ties / (n * (n - 1)));
  if (variance === 0) return 1;
  const z = Math.max(0, Math.abs(u - (n1 * n2) / 2) - 0.5) / Math.sqrt(variance);
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
