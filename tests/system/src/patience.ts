/** How long the spin takes that tells a busy machine from an idle one. */
const SPIN_MS = 100;
/** What is left of the measured share while a test runs can be less. */
const MARGIN = 3;

/**
 * A time limit of the product, for a test that may share its processor with others. On an idle machine it is the limit
 * itself; on a busy one it is longer, by the share of the processor that this process gets.
 *
 * @param limit in milliseconds
 */
export function patience(limit: number): number {
  const started = performance.now();
  const usedBefore = process.cpuUsage();
  while (performance.now() - started < SPIN_MS);
  const { user, system } = process.cpuUsage(usedBefore);
  const share = Math.min(1, (user + system) / 1000 / (performance.now() - started));
  return share > 0.9 ? limit : (limit / share) * MARGIN;
}
