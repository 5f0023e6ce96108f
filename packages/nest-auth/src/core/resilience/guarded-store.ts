import { AuthError } from '../auth-error.js';

/**
 * A store whose every failure is one code. Whatever rejects, throws or stays silent for longer than `timeout` becomes
 * `store_unavailable`: the edge answers 503, and neither a 401 nor an allow can come of it. Our own codes pass.
 *
 * @param timeout in milliseconds
 * @param isAnswer tells rejections that are answers from failures
 */
export function guardStore<T extends object>(
  store: T,
  name: string,
  timeout: number,
  isAnswer: (rejection: unknown) => boolean = (rejection) => rejection instanceof AuthError,
): T {
  const guarded = new Map<PropertyKey, unknown>();
  return new Proxy(store, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      let wrapper = guarded.get(key);
      if (!wrapper) {
        wrapper = (...args: unknown[]) =>
          call(
            () => Reflect.apply(Reflect.get(target, key, target) as () => unknown, target, args),
            `${name}.${String(key)}`,
            timeout,
            isAnswer,
          );
        guarded.set(key, wrapper);
      }
      return wrapper;
    },
  });
}

async function call(
  work: () => unknown,
  name: string,
  timeout: number,
  isAnswer: (rejection: unknown) => boolean,
): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StoreTimeout(`did not answer within ${timeout} ms`)), timeout);
  });
  try {
    return await Promise.race([work(), deadline]);
  } catch (cause) {
    if (isAnswer(cause)) throw cause;
    throw new AuthError('store_unavailable', { retryAfter: 1, cause: new Error(describe(name, cause), { cause }) });
  } finally {
    clearTimeout(timer);
  }
}

/** For the log: which call, and what kind of failure. A driver's own message may quote the values of a query. */
function describe(name: string, cause: unknown): string {
  if (cause instanceof StoreTimeout) return `${name} ${cause.message}`;
  const { name: kind = 'unknown', code = '' } = Object(cause) as { readonly name?: string; readonly code?: unknown };
  return `${name} failed with ${kind} ${String(code)}`.trimEnd();
}

class StoreTimeout extends Error {}
