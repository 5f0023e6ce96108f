/** Calls hooks that run too late to change the outcome. Their errors are reported. */
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
