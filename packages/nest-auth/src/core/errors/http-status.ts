/** The status of a refusing HTTP exception. It is recognised by its shape, because the core imports no framework. */
export function httpStatusOf(error: unknown): number | undefined {
  try {
    const { getStatus, getResponse } = Object(error) as { getStatus?: unknown; getResponse?: unknown };
    if (typeof getStatus !== 'function' || typeof getResponse !== 'function') return undefined;
    const status: unknown = Reflect.apply(getStatus, error, []);
    return Number.isInteger(status) && Number(status) >= 400 && Number(status) < 600 ? Number(status) : undefined;
  } catch {
    return undefined;
  }
}
