import { randomUUID } from 'node:crypto';
import {
  AuthError,
  AuthEvents,
  AuthService,
  type AuthUser,
  addressOf,
  Clock,
  type CredentialRecord,
  CredentialStore,
  type Device,
  EphemeralStore,
  normaliseLogin,
  UserStore,
} from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import { digestOf } from '../secret-values.js';
import { SOCIAL, type SocialSettings } from '../social.settings.js';
import type { Identity } from '../strategies/provider.js';
import { AccountOwners } from './account-owners.js';
import { KIND, keyOf, type LinkedIdentity, linkedIdentity } from './identity-record.js';

/**
 * In seconds: how long one removal blocks other removals of the same user. It makes three store calls, and each may take
 * a minute (`storeTimeout`).
 */
const REMOVAL_LIVES = 200;
/** In seconds: how long an account waits for the identity that it was created for. */
const UNFINISHED_LIVES = 30 * 24 * 60 * 60;

/** The identities of users at login providers. */
@Injectable()
export class Identities {
  constructor(
    @Inject(SOCIAL) private readonly settings: SocialSettings,
    @Inject(AccountOwners) private readonly owners: AccountOwners,
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(UserStore) private readonly users: UserStore,
    @Inject(CredentialStore) private readonly credentials: CredentialStore,
    @Inject(EphemeralStore) private readonly ephemeral: EphemeralStore,
    @Inject(AuthEvents) private readonly events: AuthEvents,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /**
   * The user of an identity. The first time, it is the account with the same address if both sides have verified it, or
   * else a new account.
   * @throws AuthError `account_exists`, `email_missing`, `sign_up_closed`, `user_disabled`, `store_unavailable`
   */
  async userOf(identity: Identity, device: Device): Promise<AuthUser> {
    const user = await this.#find(identity, device).catch((error: unknown) => {
      // A parallel login or registration was faster, so the account exists now.
      if (error instanceof AuthError && error.code === 'login_taken') return this.#find(identity, device);
      throw error;
    });
    if (user.disabledAt) throw new AuthError('user_disabled');
    return isProvedBy(identity, user) ? this.#reclaimed(user, identity, device) : user;
  }

  /**
   * Adds an identity to a user who is logged in.
   * @throws AuthError `identity_taken`, `user_disabled`, `user_not_found`, `store_unavailable`
   */
  async link(userId: string, identity: Identity, device: Device): Promise<void> {
    const user = await this.users.findById(userId);
    if (!user || user.disabledAt) throw new AuthError(user ? 'user_disabled' : 'user_not_found');
    if (await this.#add(user, identity, device)) return;
    const owner = await this.credentials.find(KIND, keyOf(identity));
    if (owner?.userId !== userId) throw new AuthError('identity_taken');
  }

  async list(userId: string): Promise<LinkedIdentity[]> {
    return (await this.credentials.list(userId, KIND)).map(linkedIdentity);
  }

  /**
   * Removes an identity of a user.
   * @throws AuthError `not_found`; `last_way_in` if there is neither a password nor another identity; `too_many_attempts`
   * while another removal is under way; `store_unavailable`
   */
  async unlink(userId: string, id: string, device: Device): Promise<void> {
    const lock = `social:unlink:${userId}`;
    // Two parallel removals would each see the other's identity, and together remove both.
    if (!(await this.ephemeral.putIfAbsent(lock, '1', REMOVAL_LIVES)))
      throw new AuthError('too_many_attempts', { retryAfter: 1 });
    try {
      const all = await this.credentials.list(userId, KIND);
      const one = all.find((identity) => identity.id === id);
      if (!one) throw new AuthError('not_found');
      const user = await this.users.findById(userId);
      if (user?.passwordHash == null && all.length === 1) throw new AuthError('last_way_in');
      if (!(await this.credentials.delete(userId, id))) throw new AuthError('not_found');
      this.events.emit('identity_unlinked', { userId, provider: String(one.data.provider), device });
    } finally {
      await this.ephemeral.take(lock).catch(() => {});
    }
  }

  async #find(identity: Identity, device: Device): Promise<AuthUser> {
    const known = await this.credentials.find(KIND, keyOf(identity));
    return known ? this.#known(known) : this.#first(identity, device);
  }

  async #known(record: CredentialRecord): Promise<AuthUser> {
    const user = await this.users.findById(record.userId);
    if (!user) throw new AuthError('user_not_found');
    // It may lose against a parallel login, which has stored the same time.
    await this.credentials.update(record.id, record.version, { lastUsedAt: new Date(this.clock()) });
    return user;
  }

  async #first(identity: Identity, device: Device): Promise<AuthUser> {
    const { email, emailVerified } = identity;
    if (email === null) throw new AuthError('email_missing');
    const login = normaliseLogin(email, 'email');
    const existing = await this.users.findByLogin(login);
    if (!existing) return this.#create(login, identity, device);
    if (!emailVerified && !(await this.#isUnfinished(existing, identity))) {
      // An unverified address opens no account, and the answer reveals nothing about the account with this address.
      this.owners.tell(existing, identity.provider);
      throw new AuthError('account_exists');
    }
    if (existing.disabledAt) throw new AuthError('user_disabled');
    // If the real owner takes over an account, `userOf` adds the identity afterwards.
    return isProvedBy(identity, existing) ? existing : this.#added(existing, identity, device);
  }

  async #create(login: string, identity: Identity, device: Device): Promise<AuthUser> {
    if (!this.settings.signUp) throw new AuthError('sign_up_closed');
    const profile = this.settings.profile?.(identity) ?? {};
    const user = await this.auth.enrol({ login, profile }, device);
    await this.#added(user, identity, device).catch(async (error: unknown) => {
      // Nothing else opens the account. The next login of the same person finishes it.
      await this.ephemeral.put(unfinishedKeyOf(identity), user.id, UNFINISHED_LIVES).catch(() => {});
      throw error;
    });
    if (!identity.emailVerified) return user;
    await this.users.setEmailVerified?.(user.id, addressOf(user) ?? login, new Date(this.clock()));
    return (await this.users.findById(user.id)) ?? user;
  }

  /** Whether a login of this identity has created the account and nobody has entered it since. */
  async #isUnfinished({ id, passwordHash, emailVerifiedAt }: AuthUser, identity: Identity): Promise<boolean> {
    // Asked for every account, so that the time of a refusal does not tell how the account can be entered.
    const created = await this.ephemeral.get(unfinishedKeyOf(identity));
    return created === id && passwordHash === null && !emailVerifiedAt;
  }

  /** @returns the user, unless a parallel login has given the identity to another */
  async #added(user: AuthUser, identity: Identity, device: Device): Promise<AuthUser> {
    if (await this.#add(user, identity, device)) return user;
    const owner = await this.credentials.find(KIND, keyOf(identity));
    if (owner?.userId !== user.id) throw new AuthError('identity_taken');
    return user;
  }

  async #add(user: AuthUser, identity: Identity, device: Device): Promise<boolean> {
    const { provider, issuer, subject, email } = identity;
    const now = new Date(this.clock());
    const isAdded = await this.credentials.create({
      ...{ id: randomUUID(), userId: user.id, kind: KIND, key: keyOf(identity) },
      data: { provider, issuer, subject, email },
      ...{ createdAt: now, lastUsedAt: now, expiresAt: null },
    });
    if (isAdded) this.events.emit('identity_linked', { userId: user.id, provider, device });
    return isAdded;
  }

  /** Removes the password, the sessions and all other credentials; keeps or restores this identity. */
  async #reclaimed(user: AuthUser, identity: Identity, device: Device): Promise<AuthUser> {
    const owned = await this.auth.reclaim(user, { address: addressOf(user) ?? '', device });
    return this.#added(owned, identity, device);
  }
}

/**
 * Whether an identity is the first proof of its user's address. Until then, a stranger may have made the account, even
 * if the identity is already known.
 */
function isProvedBy(identity: Identity, user: AuthUser): boolean {
  return identity.emailVerified && !user.emailVerifiedAt && isAddressOf(user, identity.email);
}

function unfinishedKeyOf(identity: Identity): string {
  return `social:unfinished:${digestOf(keyOf(identity))}`;
}

function isAddressOf(user: AuthUser, email: string | null): boolean {
  const address = addressOf(user);
  return email !== null && address !== null && normaliseLogin(address) === normaliseLogin(email);
}
