import type { Response } from 'supertest';

/** Calls `seen` before every call. A promise that `seen` returns is awaited; if it rejects, the call rejects. */
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

/** The parts of an answer that a client can see, without the time. */
export function visible({ status, text, headers }: Response): object {
  const { date: _, ...rest } = headers;
  return { status, text, headers: rest };
}
