import {
  type CredentialRow,
  credentialChanges,
  credentialOf,
  credentialRow,
  isVersion,
} from '../adapter/credentials/credential-values.js';
import type { CredentialPatch, CredentialRecord, CredentialStore, NewCredential } from '../ports/credential-store.js';
import { MemoryStore } from './memory-store.js';

/** The reference implementation of `CredentialStore`. Each method runs without an await, so it is atomic. */
export class MemoryCredentialStore extends MemoryStore implements CredentialStore {
  readonly #rows = new Map<string, CredentialRow>();

  async create(credential: NewCredential): Promise<boolean> {
    const row = credentialRow(credential);
    if (this.#rows.has(row.id) || this.#byKey(row.kind, row.key)) return false;
    this.#rows.set(row.id, row);
    return true;
  }

  async find(kind: string, key: string): Promise<CredentialRecord | null> {
    const row = this.#byKey(kind, key);
    return row ? credentialOf(row) : null;
  }

  async list(userId: string, kind?: string): Promise<readonly CredentialRecord[]> {
    return this.#of(userId, kind).sort(oldestFirst).map(credentialOf);
  }

  async update(id: string, version: number, patch: CredentialPatch): Promise<boolean> {
    const changes = credentialChanges(patch);
    const row = this.#rows.get(id);
    if (!row || row.version !== version || !isVersion(version)) return false;
    const holder = changes.key === undefined ? row : this.#byKey(row.kind, changes.key);
    if (holder && holder.id !== id) return false;
    this.#rows.set(id, { ...row, ...changes, version: version + 1 });
    return true;
  }

  async delete(userId: string, id: string): Promise<boolean> {
    return this.#rows.get(id)?.userId === userId && this.#rows.delete(id);
  }

  async deleteAll(userId: string, kind?: string): Promise<number> {
    const rows = this.#of(userId, kind);
    for (const { id } of rows) this.#rows.delete(id);
    return rows.length;
  }

  #byKey(kind: string, key: string): CredentialRow | undefined {
    return [...this.#rows.values()].find((row) => row.kind === kind && row.key === key);
  }

  #of(userId: string, kind: string | undefined): CredentialRow[] {
    return [...this.#rows.values()].filter((row) => row.userId === userId && (kind === undefined || row.kind === kind));
  }
}

function oldestFirst(a: CredentialRow, b: CredentialRow): number {
  return a.createdAt.getTime() - b.createdAt.getTime() || (a.id < b.id ? -1 : 1);
}
