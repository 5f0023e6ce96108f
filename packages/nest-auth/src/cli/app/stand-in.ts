// These mark the origin of an unknown value inside a text that contains the value.
const BEGIN = '\u0001';
const END = '\u0002';
const ORIGINS = new WeakMap<object, string>();

/**
 * Takes the place of a provider that was not built. Its members and results are stand-ins too, so a `main.ts` that reads
 * its configuration does not fail.
 * @param origin how `main.ts` got it: `app.get(ConfigService)`
 * @param type the provider's class, if it has one
 */
export function standIn(origin: string, type?: { readonly prototype: object }): unknown {
  const proxy: object = new Proxy(function unknown() {}, {
    get: (_, key) => member(origin, key, type),
    has: (_, key) => typeof key === 'string',
    getPrototypeOf: () => type?.prototype ?? Function.prototype,
    set: () => true,
    apply: () => standIn(`${origin}()`),
    construct: () => standIn(`new ${origin}()`) as object,
  });
  ORIGINS.set(proxy, origin);
  return proxy;
}

/** The origin of a stand-in in a value: the value itself, a part of a text, a property or an element. */
export function originOf(value: unknown, depth = 3): string | undefined {
  if (typeof value === 'string') return value.split(BEGIN)[1]?.split(END)[0];
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined;
  const own = ORIGINS.get(value);
  if (own !== undefined || depth === 0) return own;
  for (const one of Object.values(value)) {
    const found = originOf(one, depth - 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function member(origin: string, key: string | symbol, type: { readonly prototype: object } | undefined): unknown {
  // Without `then`, `await` returns the stand-in itself.
  if (key === 'then') return undefined;
  if (key === Symbol.toPrimitive) return (hint: string) => (hint === 'number' ? Number.NaN : `${BEGIN}${origin}${END}`);
  if (key === Symbol.iterator) return [][Symbol.iterator];
  if (typeof key === 'symbol') return type && Reflect.get(type.prototype, key);
  if (key === 'constructor' && type) return type;
  if (key === 'toString' || key === 'toJSON') return () => `${BEGIN}${origin}${END}`;
  if (key === 'length') return 0;
  return standIn(`${origin}.${key}`);
}
