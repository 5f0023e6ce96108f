import { randomUUID } from 'node:crypto';
import { AuthError } from '../core/errors/auth-error.js';
import { addressOf } from '../core/users/address.js';
import type { AuthUser, NewUser, UserStore } from '../ports/user-store.js';
import { MemoryStore } from './memory-store.js';

/** A user of the memory store: its registration fields are kept as `profile`. */
export interface MemoryUser extends AuthUser {
  readonly profile: Readonly<Record<string, unknown>>;
}

/** The reference implementation of `UserStore`. */
export class MemoryUserStore extends MemoryStore implements UserStore<MemoryUser> {
  readonly #byId = new Map<string, MemoryUser>();
  readonly #idByLogin = new Map<string, string>();

  async findById(id: string): Promise<MemoryUser | null> {
    return this.#byId.get(id) ?? null;
  }

  async findByLogin(login: string): Promise<MemoryUser | null> {
    const id = this.#idByLogin.get(login);
    return id === undefined ? null : this.findById(id);
  }

  async create(user: NewUser): Promise<MemoryUser> {
    const { login, passwordHash, roles, profile } = user;
    const isHash = passwordHash === null || typeof passwordHash === 'string';
    const areRoles = Array.isArray(roles) && roles.every((role) => typeof role === 'string');
    if (typeof login !== 'string' || !isHash || !areRoles) throw new AuthError('invalid_request');
    if (this.#idByLogin.has(login)) throw new AuthError('login_taken');
    const created: MemoryUser = {
      id: randomUUID(),
      login,
      passwordHash,
      roles: [...roles],
      profile,
      emailVerifiedAt: null,
      disabledAt: null,
    };
    this.#byId.set(created.id, created);
    this.#idByLogin.set(login, created.id);
    return created;
  }

  async setPasswordHash(id: string, hash: string | null, replaces: string | null): Promise<boolean> {
    const user = this.#byId.get(id);
    const isHash = hash === null || typeof hash === 'string';
    if (!user || user.passwordHash !== replaces || !isHash) return false;
    this.#byId.set(id, { ...user, passwordHash: hash });
    return true;
  }

  async setEmailVerified(id: string, address: string, at: Date): Promise<boolean> {
    const user = this.#byId.get(id);
    const isTime = at instanceof Date && !Number.isNaN(at.getTime());
    if (!user || !isTime || typeof address !== 'string' || addressOf(user) !== address) return false;
    this.#byId.set(id, { ...user, emailVerifiedAt: at });
    return true;
  }

  async setLogin(id: string, login: string, replaces: string): Promise<boolean> {
    const user = this.#byId.get(id);
    if (!user || user.login !== replaces || typeof login !== 'string' || login === '') return false;
    if ((this.#idByLogin.get(login) ?? id) !== id) throw new AuthError('login_taken');
    this.#idByLogin.delete(replaces);
    this.#idByLogin.set(login, id);
    this.#byId.set(id, { ...user, login });
    return true;
  }

  /** Changes a user as the app's own code would: roles, permissions, disabling. */
  update(id: string, changes: Partial<Omit<MemoryUser, 'id' | 'login'>>): void {
    const user = this.#byId.get(id);
    if (user) this.#byId.set(id, { ...user, ...changes });
  }

  delete(id: string): void {
    const user = this.#byId.get(id);
    if (!user) return;
    this.#byId.delete(id);
    this.#idByLogin.delete(user.login);
  }
}
