/** What was passed instead of an object with methods, and how to get one. */
export function insteadOfInstance(value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null && !isPromise(value)) return undefined;
  if (isClass(value))
    return `is the class ${nameOf(value)}, not an instance; add inject: [${nameOf(value)}] and pass what useFactory is given`;
  if (isPromise(value)) return 'is a promise; await it in an async useFactory';
  if (typeof value === 'string' || typeof value === 'symbol')
    return `is ${kindOf(value)}; if it is an injection token, list it in inject and pass what useFactory is given`;
  return `is ${kindOf(value)}; pass an object that has the methods`;
}

/** The kind of a value in words, without the value, which may be a secret. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (value === '') return 'empty (is the environment variable set?)';
  if (Array.isArray(value)) return 'a list';
  if (isPromise(value)) return 'a promise';
  if (isClass(value)) return `the class ${nameOf(value)}`;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isPromise(value);
}

function isPromise(value: unknown): boolean {
  return typeof value === 'object' && value !== null && typeof memberOf(value, 'then') === 'function';
}

function isClass(value: unknown): value is object {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

function nameOf(value: object): string {
  const name = memberOf(value, 'name');
  return typeof name === 'string' ? name : '';
}

/** A getter may throw. */
function memberOf(value: object, name: string): unknown {
  try {
    return Reflect.get(value, name);
  } catch {
    return undefined;
  }
}
