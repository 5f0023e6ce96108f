import { inspect, types } from 'node:util';

/**
 * Everything that can be read from a value without a call: every key, also hidden ones, at any depth.
 * @param seen objects that were visited before, and are left out
 */
export function shownBy(value: unknown, seen = new Set<unknown>()): string {
  const texts: string[] = [];
  const waiting: unknown[] = [value];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next === 'string') texts.push(next);
    const isObject = (typeof next === 'object' && next !== null) || typeof next === 'function';
    if (!isObject || seen.has(next)) continue;
    seen.add(next);
    if (types.isKeyObject(next) && next.type === 'secret') texts.push(bytesOf(next.export()));
    if (ArrayBuffer.isView(next)) {
      texts.push(bytesOf(next));
      continue;
    }
    if (types.isMap(next)) waiting.push(...next.keys(), ...next.values());
    if (types.isSet(next)) waiting.push(...next);
    for (const key of Reflect.ownKeys(next)) {
      texts.push(String(key));
      const member = Reflect.getOwnPropertyDescriptor(next, key);
      if (member && 'value' in member) waiting.push(member.value);
    }
    waiting.push(Reflect.getPrototypeOf(next));
  }
  return texts.join('\n');
}

/** The output of a debugger, a logger and a serialiser. The depth is small, because `inspect` repeats objects. */
export function printed(value: unknown): string {
  const options = { depth: 3, showHidden: true, maxStringLength: null } as const;
  return [inspect(value, options), inspect(value, { ...options, showProxy: true }), serialised(value)].join('\n');
}

/** The spellings in which bytes appear in the results of `shownBy` and `printed`. */
export function spellingsOf(key: Buffer): string[] {
  return [bytesOf(key), key.toString('base64url'), (key.toString('hex').match(/../g) ?? []).slice(0, 8).join(' ')];
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('hex');
}

function serialised(value: unknown): string {
  const seen = new Set<unknown>();
  const once = (_: string, member: unknown) => {
    if (typeof member === 'bigint') return String(member);
    if (typeof member !== 'object' || member === null) return member;
    if (seen.has(member)) return null;
    seen.add(member);
    return member;
  };
  return String(JSON.stringify(value, once));
}
