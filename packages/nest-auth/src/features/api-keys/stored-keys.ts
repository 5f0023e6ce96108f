import { randomUUID } from 'node:crypto';
import {
  AuthError,
  BackgroundTasks,
  Clock,
  type CredentialPatch,
  type CredentialRecord,
  CredentialStore,
  featureSettings,
  type SettingsOf,
} from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import { API_KEY, dataOf, type KeyData } from './api-key.js';
import type { API_KEYS_OPTIONS } from './api-keys.options.js';
import type { KeyRequest } from './key-request.js';
import { digestOf, makeKey } from './key-text.js';

export const API_KEYS = featureSettings<SettingsOf<typeof API_KEYS_OPTIONS>>('apiKeys');

/** In milliseconds: a process whose clock is ahead must not delete keys that still work on others. */
const KEPT_FOR = 24 * 60 * 60 * 1000;

/** A key that was just made, with the only copy of its text. */
export interface MadeKey {
  readonly key: string;
  readonly record: CredentialRecord;
}

/** The keys of an owner, as the store has them. */
@Injectable()
export class StoredKeys {
  constructor(
    @Inject(API_KEYS) private readonly settings: SettingsOf<typeof API_KEYS_OPTIONS>,
    @Inject(CredentialStore) private readonly credentials: CredentialStore,
    @Inject(BackgroundTasks) private readonly background: BackgroundTasks,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** The keys that work, oldest first. Only this method deletes long expired keys, after the answer. */
  async live(owner: string): Promise<readonly CredentialRecord[]> {
    const now = this.clock();
    const isOver = (by: number) => (record: CredentialRecord) =>
      record.expiresAt !== null && record.expiresAt.getTime() + by <= now;
    const records = await this.credentials.list(owner, API_KEY);
    const old = records.filter(isOver(KEPT_FOR));
    if (old.length > 0) {
      this.background.run(() => Promise.all(old.map(({ id }) => this.credentials.delete(owner, id))));
    }
    const isExpired = isOver(0);
    return records.filter((record) => !isExpired(record));
  }

  /** A key that is not stored yet. */
  make(owner: string, { name, permissions, lifetime }: KeyRequest): MadeKey {
    const key = makeKey(this.settings.environment);
    const now = this.clock();
    const data = { name, permissions, replaced_by: null } satisfies KeyData;
    const times = { createdAt: new Date(now), lastUsedAt: null, expiresAt: new Date(now + lifetime * 1000) };
    const record = { id: randomUUID(), userId: owner, kind: API_KEY, key: digestOf(key), data, version: 1, ...times };
    return { key, record };
  }

  async add({ record: { version: _, ...credential } }: MadeKey): Promise<void> {
    if (!(await this.credentials.create(credential)))
      throw new AuthError('contract_broken', {
        message: 'The CredentialStore says that a random id or digest exists.',
      });
  }

  /**
   * Replaces a key. The old one still works for `overlap`.
   * @returns `false` if the old key has changed meanwhile
   */
  async replace(old: CredentialRecord, successor: MadeKey): Promise<boolean> {
    const end = this.clock() + this.settings.overlap * 1000;
    const expiresAt = new Date(Math.min(end, old.expiresAt?.getTime() ?? end));
    const data = { ...dataOf(old), replaced_by: successor.record.id } satisfies KeyData;
    // Updated first, so that only one of several concurrent rotations adds a key.
    if (!(await this.credentials.update(old.id, old.version, { data, expiresAt }))) return false;
    try {
      await this.add(successor);
    } catch (error) {
      // Nobody got the successor, so the old key must not expire.
      this.background.run(() => this.#restore(old, successor.record.id));
      throw error;
    }
    return true;
  }

  async #restore({ id, userId, version, data, expiresAt }: CredentialRecord, successor: string): Promise<void> {
    await this.credentials.delete(userId, successor);
    const before: CredentialPatch = { data, expiresAt };
    await this.credentials.update(id, version + 1, before);
  }
}
