import type { CredentialPatch, CredentialRecord, CredentialStore, NewCredential } from '@acme/nest-auth';
import { isDuplicate } from '../database-errors.js';
import { isUuid } from '../text.js';
import {
  type CredentialChanges,
  type CredentialRow,
  credentialChanges,
  credentialOf,
  credentialRow,
  isCredentialKey,
  isCredentialKind,
  isOwner,
  isVersion,
  type StoredCredential,
} from './credential-values.js';

/** Some of a user's credentials: the one with this id, those of this kind, or all. */
export interface CredentialSelection {
  readonly userId: string;
  readonly id?: string;
  readonly kind?: string;
}

/**
 * The statements of a credentials table: one for each method. All values that they get have been checked. If the id or
 * key is taken, a statement fails with the database's error (see `isDuplicate`) or returns 0.
 */
export interface CredentialQueries {
  /** @returns how many rows it added */
  insert(row: CredentialRow): Promise<number>;
  find(kind: string, key: string): Promise<StoredCredential | null | undefined>;
  /** Oldest first by `createdAt`, then by `id`. */
  list(which: CredentialSelection): Promise<readonly StoredCredential[]>;
  /** Its condition is the id and the version; it also adds one to the version. @returns how many rows it changed */
  update(id: string, version: number, changes: CredentialChanges): Promise<number>;
  /** @returns how many rows it deleted */
  delete(which: CredentialSelection): Promise<number>;
}

/** `CredentialStore` on a table: the rules for every database. An adapter provides the statements. */
export class TableCredentialStore implements CredentialStore {
  constructor(private readonly queries: CredentialQueries) {}

  async create(credential: NewCredential): Promise<boolean> {
    const row = credentialRow(credential);
    return changed(() => this.queries.insert(row));
  }

  async find(kind: string, key: string): Promise<CredentialRecord | null> {
    if (!isCredentialKind(kind) || !isCredentialKey(key)) return null;
    const row = await this.queries.find(kind, key);
    return row ? credentialOf(row) : null;
  }

  async list(userId: string, kind?: string): Promise<readonly CredentialRecord[]> {
    if (!isSelection(userId, kind)) return [];
    return (await this.queries.list(selection(userId, kind))).map(credentialOf);
  }

  async update(id: string, version: number, patch: CredentialPatch): Promise<boolean> {
    const changes = credentialChanges(patch);
    return isUuid(id) && isVersion(version) && changed(() => this.queries.update(id, version, changes));
  }

  async delete(userId: string, id: string): Promise<boolean> {
    return isOwner(userId) && isUuid(id) && (await this.queries.delete({ userId, id })) === 1;
  }

  async deleteAll(userId: string, kind?: string): Promise<number> {
    return isSelection(userId, kind) ? this.queries.delete(selection(userId, kind)) : 0;
  }
}

function isSelection(userId: string, kind: string | undefined): boolean {
  return isOwner(userId) && (kind === undefined || isCredentialKind(kind));
}

/** Leaves out an `undefined` kind, which a query builder may interpret as a condition. */
function selection(userId: string, kind: string | undefined): CredentialSelection {
  return kind === undefined ? { userId } : { userId, kind };
}

async function changed(write: () => Promise<number>): Promise<boolean> {
  try {
    return (await write()) === 1;
  } catch (error) {
    if (isDuplicate(error)) return false;
    throw error;
  }
}
