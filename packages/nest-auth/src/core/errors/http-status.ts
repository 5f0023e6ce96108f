/** The status of an HTTP exception, recognised by its shape: the core knows no framework. Only refusals count. */
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
