import type { Response } from 'supertest';

/** Tells `seen` of every call, before it happens; a promise it returns is awaited, and its rejection is the call's. */
export function spyOn<T extends object>(store: T, seen: (method: string, args: readonly unknown[]) => unknown): void {
  for (const method of Object.getOwnPropertyNames(Object.getPrototypeOf(store))) {
    const original: unknown = Reflect.get(store, method);
    if (method === 'constructor' || typeof original !== 'function') continue;
    Reflect.set(store, method, async (...args: unknown[]) => {
      await seen(method, args);
      return original.apply(store, args);
    });
  }
}

/** The names of all members, however deep. */
export function memberNames(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(memberNames);
  return Array.isArray(value) ? inner : [...Object.keys(value), ...inner];
}

/** What a client can see of an answer, but the time. */
export function visible({ status, text, headers }: Response): object {
  const { date: _, ...rest } = headers;
  return { status, text, headers: rest };
}
