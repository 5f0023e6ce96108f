/** The original of each stand-in. */
const originals = new WeakMap<object, object>();

/**
 * A stand-in for an object with secrets. It reads like the original, but `util.inspect`, `JSON.stringify` and a walk
 * over its keys show nothing. Functions of the original keep their `this`.
 *
 * @param read returns a member's value
 */
export function conceal<T extends object>(
  original: T,
  read: (key: PropertyKey) => unknown = (key) => Reflect.get(original, key, original),
): T {
  // Inspecting a proxy shows its target, so the target is empty.
  const standIn = new Proxy<T>({} as T, {
    get: (_, key) => (key === 'toJSON' ? undefined : read(key)),
    set: (_, key, value) => Reflect.set(original, key, value),
    has: (_, key) => Reflect.has(original, key),
    deleteProperty: (_, key) => Reflect.deleteProperty(original, key),
    getPrototypeOf: () => Reflect.getPrototypeOf(original),
  });
  originals.set(standIn, original);
  return standIn;
}

/** Calls a method: `call` runs it on the original. */
export type Around = (call: () => unknown, key: PropertyKey, args: readonly unknown[]) => unknown;

/**
 * Like `conceal`, for a service of the app: its methods run on the original, private members included.
 * @param around wraps each call
 */
export function concealService<T extends object>(service: T, around: Around = (call) => call()): T {
  const wrappers = new Map<PropertyKey, unknown>();
  return conceal(service, (key) => {
    const member: unknown = Reflect.get(service, key, service);
    if (typeof member !== 'function' || key === 'constructor') return member;
    let wrapper = wrappers.get(key);
    if (!wrapper) {
      // Looked up at each call: a spy may have replaced it.
      const method = () => Reflect.get(service, key, service) as () => unknown;
      wrapper = (...args: unknown[]) => around(() => Reflect.apply(method(), service, args), key, args);
      wrappers.set(key, wrapper);
    }
    return wrapper;
  });
}

/** Returns the original of a stand-in, and any other value unchanged. */
export function reveal<T>(value: T): T {
  return ((originals.get(value as object) as T | undefined) ?? value) as T;
}
