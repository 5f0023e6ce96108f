/** For hooks that come too late to change the outcome: what they throw is reported. */
export async function notify<H>(
  hooks: readonly H[],
  report: (error: unknown) => void,
  call: (hook: H) => Promise<void> | undefined,
): Promise<void> {
  for (const hook of hooks) {
    try {
      await call(hook);
    } catch (error) {
      report(error);
    }
  }
}
