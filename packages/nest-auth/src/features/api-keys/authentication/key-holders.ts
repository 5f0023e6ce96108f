import {
  AuthError,
  type AuthUser,
  BackgroundTasks,
  Clock,
  type CredentialRecord,
  CredentialStore,
  type Principal,
  UserStore,
} from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import { API_KEY, dataOf, isService } from '../api-key.js';
import { RecentAnswers } from './recent-answers.js';

/** In milliseconds. */
const NOTED_EVERY = 15 * 60 * 1000;
const NOTHING: readonly string[] = Object.freeze([]);

interface Holder {
  readonly principal: Principal;
  /** In milliseconds since the epoch. */
  readonly until: number;
  /** When the process last stored the use of the key, or tried to. */
  readonly notedAt: number;
}

/** The callers behind keys, by digest. They are cached for just under a second. */
@Injectable()
export class KeyHolders {
  readonly #recent = new RecentAnswers<Holder>((digest, before) => this.#read(digest, before));

  constructor(
    @Inject(CredentialStore) private readonly credentials: CredentialStore,
    @Inject(UserStore) private readonly users: UserStore,
    @Inject(BackgroundTasks) private readonly background: BackgroundTasks,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * @returns the caller; a promise only if the stores are asked
   * @throws AuthError `invalid_api_key`, `overloaded`, `store_unavailable`
   */
  find(digest: string): Principal | Promise<Principal> {
    const found = this.#recent.get(digest);
    return found instanceof Promise ? found.then((holder) => this.#admit(holder)) : this.#admit(found);
  }

  /** Called for a key that was changed or removed here. */
  forget(digest: string): void {
    this.#recent.forget(digest);
  }

  /** A key may expire while it is cached. */
  #admit(holder: Holder | null): Principal {
    if (!holder || this.clock() >= holder.until) throw new AuthError('invalid_api_key');
    return holder.principal;
  }

  async #read(digest: string, before: Holder | null): Promise<Holder | null> {
    const record = await this.credentials.find(API_KEY, digest);
    if (record?.key !== digest) return null;
    const until = record.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY;
    const principal = this.clock() < until ? await this.#principalOf(record) : null;
    return principal && { principal, until, notedAt: this.#note(record, before) };
  }

  async #principalOf(record: CredentialRecord): Promise<Principal | null> {
    const { permissions } = dataOf(record);
    if (isService(record.userId)) return principalOf(record, NOTHING, permissions ?? NOTHING);
    const user = await this.users.findById(record.userId);
    return user && !user.disabledAt ? ofUser(record, user, permissions) : null;
  }

  /** Stores the use rarely, after the answer. If two processes write at the same time, one write is lost: no harm. */
  #note({ id, version, lastUsedAt }: CredentialRecord, before: Holder | null): number {
    const notedAt = Math.max(lastUsedAt?.getTime() ?? 0, before?.notedAt ?? 0);
    const now = this.clock();
    if (now - notedAt < NOTED_EVERY) return notedAt;
    this.background.run(() => this.credentials.update(id, version, { lastUsedAt: new Date(now) }));
    return now;
  }
}

/** @param listed limits the key: it has no roles, and only those of these permissions that the user still has */
function ofUser(record: CredentialRecord, user: AuthUser, listed: readonly string[] | null): Principal {
  const { roles, permissions = NOTHING } = user;
  if (listed === null) return principalOf(record, roles, permissions);
  return principalOf(
    record,
    NOTHING,
    listed.filter((name) => permissions.includes(name)),
  );
}

/** Requests share it, so it is frozen. It never counts as a recent login. */
function principalOf({ id, userId }: CredentialRecord, roles: readonly string[], permissions: readonly string[]) {
  return Object.freeze({
    id: userId,
    roles: Object.freeze([...roles]),
    permissions: Object.freeze([...permissions]),
    sessionId: `${API_KEY}:${id}`,
    methods: NOTHING,
    authenticatedAt: 0,
    claims: Object.freeze({}),
  }) as Principal;
}
