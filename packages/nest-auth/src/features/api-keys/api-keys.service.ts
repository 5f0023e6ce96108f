import {
  AuthError,
  AuthEvents,
  type CredentialRecord,
  CredentialStore,
  type Device,
  Limits,
  type SettingsOf,
  UserStore,
} from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import {
  API_KEY,
  type ApiKey,
  assertOwner,
  assertUserId,
  dataOf,
  isService,
  type NewApiKey,
  serviceId,
  shownKey,
  type WantedApiKey,
} from './api-key.js';
import type { API_KEYS_OPTIONS } from './api-keys.options.js';
import { KeyHolders } from './authentication/key-holders.js';
import { type KeyRequest, readKeyRequest, requestAgain } from './key-request.js';
import { API_KEYS, type MadeKey, StoredKeys } from './stored-keys.js';

/** A rotation that loses against another write tries again: that write may only have stored the time of a use. */
const ATTEMPTS = 5;
/** For calls from code that name no device. */
const UNKNOWN: Device = { ip: null, userAgent: null };

/** The keys of users and of services. An `owner` is a user's id, or `service:billing`. */
@Injectable()
export class ApiKeys {
  constructor(
    @Inject(API_KEYS) private readonly settings: SettingsOf<typeof API_KEYS_OPTIONS>,
    @Inject(StoredKeys) private readonly stored: StoredKeys,
    @Inject(KeyHolders) private readonly holders: KeyHolders,
    @Inject(CredentialStore) private readonly credentials: CredentialStore,
    @Inject(UserStore) private readonly users: UserStore,
    @Inject(Limits) private readonly limits: Limits,
    @Inject(AuthEvents) private readonly events: AuthEvents,
  ) {}

  /**
   * Makes a key that acts as a user. Only this answer contains the key itself.
   * @throws AuthError `invalid_request`, `permission_not_held`, `too_many_api_keys`, `too_many_attempts`,
   * `user_not_found`, `user_disabled`, `store_unavailable`
   */
  async create(userId: string, wanted: WantedApiKey, device?: Device): Promise<NewApiKey> {
    assertUserId(userId);
    const request = readKeyRequest(wanted, this.settings);
    await this.limits.take('api_key', userId, device);
    await this.#assertHeld(userId, request);
    const { max } = this.settings;
    if ((await this.#countOf(userId)) >= max) throw new AuthError('too_many_api_keys');
    const made = this.stored.make(userId, request);
    await this.stored.add(made);
    // Counted again, because other keys may have been made at the same time. One too few is better than one too many.
    if ((await this.#countOf(userId)) > max) {
      await this.credentials.delete(userId, made.record.id);
      throw new AuthError('too_many_api_keys');
    }
    return this.#created(made, device);
  }

  /**
   * Makes a key of a service. Its caller has the id `service:billing`, the listed permissions, and no roles.
   * @throws AuthError `invalid_request`, `store_unavailable`
   *
   * @example
   * ```ts
   * const { key } = await apiKeys.createForService('billing', { permissions: ['invoices:read'] });
   * ```
   */
  async createForService(
    service: string,
    wanted: { readonly permissions: readonly string[] } & Partial<WantedApiKey>,
    device?: Device,
  ): Promise<NewApiKey> {
    const owner = serviceId(service);
    const request = readKeyRequest({ name: service, ...wanted }, this.settings);
    if (!request.permissions)
      throw new AuthError('invalid_request', { message: 'List the permissions of a service.', field: 'permissions' });
    const made = this.stored.make(owner, request);
    await this.stored.add(made);
    return this.#created(made, device);
  }

  /** The keys that work, oldest first. @throws AuthError `store_unavailable` */
  async list(owner: string): Promise<readonly ApiKey[]> {
    assertOwner(owner);
    return (await this.stored.live(owner)).map(shownKey);
  }

  /** Ends a key: here at once, on other processes within a second. @throws AuthError `not_found`, `store_unavailable` */
  async remove(owner: string, id: string, device?: Device): Promise<void> {
    assertOwner(owner);
    const record = (await this.stored.live(owner)).find((one) => one.id === id);
    if (!record || !(await this.credentials.delete(owner, record.id))) throw new AuthError('not_found');
    this.#removed(record, device);
  }

  /** Ends all keys of an owner, for example after an account was taken over. @throws AuthError `store_unavailable` */
  async removeAll(owner: string, device?: Device): Promise<void> {
    assertOwner(owner);
    const records = await this.stored.live(owner);
    await this.credentials.deleteAll(owner, API_KEY);
    for (const record of records) this.#removed(record, device);
  }

  /**
   * Replaces a key by a new one with the same name, permissions and lifetime. The old key still works for `overlap`.
   * @throws AuthError `not_found`, `api_key_replaced` if it has a successor, `too_many_api_keys`, `too_many_attempts`,
   * `store_unavailable`
   */
  async rotate(owner: string, id: string, device?: Device): Promise<NewApiKey> {
    assertOwner(owner);
    await this.limits.take('api_key', owner, device);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const record = await this.#replaceable(owner, id);
      const made = this.stored.make(owner, requestAgain(record, this.settings));
      if (!(await this.stored.replace(record, made))) continue;
      this.holders.forget(record.key);
      this.events.emit('api_key_rotated', {
        userId: owner,
        keyId: id,
        successorId: made.record.id,
        device: device ?? UNKNOWN,
      });
      return shownOnce(made);
    }
    throw new AuthError('store_unavailable', { retryAfter: 1 });
  }

  async #assertHeld(userId: string, request: KeyRequest): Promise<void> {
    const user = await this.users.findById(userId);
    if (!user || user.disabledAt) throw new AuthError(user ? 'user_disabled' : 'user_not_found');
    const { permissions = [] } = user;
    if (request.permissions?.some((name) => !permissions.includes(name))) throw new AuthError('permission_not_held');
  }

  /** Counts the keys that work and have no successor. */
  async #countOf(userId: string): Promise<number> {
    return (await this.stored.live(userId)).filter((record) => dataOf(record).replaced_by === null).length;
  }

  async #replaceable(owner: string, id: string): Promise<CredentialRecord> {
    const live = await this.stored.live(owner);
    const record = live.find((one) => one.id === id);
    if (!record) throw new AuthError('not_found');
    if (dataOf(record).replaced_by !== null) throw new AuthError('api_key_replaced');
    // For a while, each rotation adds a key.
    if (!isService(owner) && live.length >= 2 * this.settings.max) throw new AuthError('too_many_api_keys');
    return record;
  }

  #created(made: MadeKey, device = UNKNOWN): NewApiKey {
    this.events.emit('api_key_created', { userId: made.record.userId, keyId: made.record.id, device });
    return shownOnce(made);
  }

  #removed({ id, userId, key }: CredentialRecord, device = UNKNOWN): void {
    this.holders.forget(key);
    this.events.emit('api_key_removed', { userId, keyId: id, device });
  }
}

function shownOnce({ key, record }: MadeKey): NewApiKey {
  return { ...shownKey(record), key };
}
