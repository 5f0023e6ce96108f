import { randomUUID } from 'node:crypto';
import { AuthError } from '@acme/nest-auth';

/** What a kit needs from the test runner and the store's author. */
export interface Conformance<Store> {
  /** `test` or `it` of jest, vitest, node:test or mocha. */
  readonly test: (name: string, run: () => Promise<void>) => unknown;
  /** The store, connected to a real database. It does not have to be empty, because the kit uses unique names. */
  readonly factory: () => Store | Promise<Store>;
}

/** Values that must never reach a query: operator objects, and values that some ORMs read as "no condition". */
export const HOSTILE: readonly unknown[] = [
  undefined,
  null,
  0,
  1,
  true,
  Number.NaN,
  [],
  [''],
  {},
  { $ne: null },
  { not: '' },
  { contains: '' },
  { toString: () => "' OR 1=1 --" },
  Symbol('hostile'),
];

/** Strings that PostgreSQL refuses, or that a driver changes. */
export const HOSTILE_TEXT: readonly string[] = ['a\0b', 'a\ud800b', '\udc00'];

/** Ids that nobody has: of every type that a column may have, and of other types. */
export function unknownIds(): readonly string[] {
  return [randomUUID(), '0', '-1', '999999999', '99999999999999999999', '1e3', 'x', '', "' OR 1=1 --", 'ü'];
}

/** Runs the same call from many callers at once. */
export function race<T>(racers: number, call: (racer: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: racers }, (_, racer) => call(racer)));
}

/** How a promise ended: its value, or the code of its AuthError. */
export async function outcome<T>(promise: Promise<T>): Promise<T | string> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof AuthError) return error.code;
    throw error;
  }
}

/** Whether a call returned an expected value, or rejected. */
export async function refusesOr(expected: (value: unknown) => boolean, call: () => Promise<unknown>): Promise<boolean> {
  try {
    return expected(await call());
  } catch {
    return true;
  }
}

export async function rejects(call: () => Promise<unknown>): Promise<boolean> {
  return call().then(
    () => false,
    () => true,
  );
}
