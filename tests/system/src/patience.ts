/** How long the busy loop runs that measures whether the machine is busy. */
const SPIN_MS = 100;
/** While a test runs, the share may be smaller than the measured one. */
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
