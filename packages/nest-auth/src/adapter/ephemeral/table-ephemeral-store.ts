import type { EphemeralStore } from '@acme/nest-auth';
import { isText } from '../text.js';

/** A row of a table of short-lived values. From `expiresAt` on, it counts as deleted. */
export type EphemeralRow = { readonly key: string; readonly value: string; readonly expiresAt: Date };

/**
 * The statements of a table of short-lived values: one for each method. A row is live if its `expiresAt` is later than
 * `now`. All values that they get have been checked.
 */
export interface EphemeralQueries {
  /** Inserts the row or overwrites the one with its key. */
  put(row: EphemeralRow): PromiseLike<unknown>;
  /** Deletes the row if it is live, and returns it: of several callers, exactly one gets it. */
  take(key: string, now: Date): PromiseLike<StoredValue>;
  /** Inserts the row, or overwrites an expired row with its key. @returns how many rows it wrote */
  putIfAbsent(row: EphemeralRow, now: Date): PromiseLike<number>;
  /** The row if it is live. */
  get(key: string, now: Date): PromiseLike<StoredValue>;
  /** Deletes the expired rows. @returns how many */
  deleteExpired(now: Date): PromiseLike<number>;
}

type StoredValue = Pick<EphemeralRow, 'value'> | null | undefined;

/** `EphemeralStore` on a table: the rules for every database. An adapter provides the statements. */
export class TableEphemeralStore implements EphemeralStore {
  constructor(private readonly queries: EphemeralQueries) {}

  async put(key: string, value: string, ttl: number): Promise<void> {
    await this.queries.put(rowOf(key, value, ttl));
  }

  async take(key: string): Promise<string | null> {
    return textOf(isText(key) ? await this.queries.take(key, new Date()) : null);
  }

  async putIfAbsent(key: string, value: string, ttl: number): Promise<boolean> {
    return (await this.queries.putIfAbsent(rowOf(key, value, ttl), new Date())) === 1;
  }

  async get(key: string): Promise<string | null> {
    return textOf(isText(key) ? await this.queries.get(key, new Date()) : null);
  }

  async deleteExpired(): Promise<number> {
    return this.queries.deleteExpired(new Date());
  }
}

function rowOf(key: string, value: string, ttl: number): EphemeralRow {
  if (!isText(key) || !isText(value) || !Number.isFinite(ttl))
    throw new TypeError('The key or the value cannot be stored as text, or the lifetime is not a number.');
  return { key, value, expiresAt: new Date(Date.now() + ttl * 1000) };
}

function textOf(row: StoredValue): string | null {
  return row?.value ?? null;
}
