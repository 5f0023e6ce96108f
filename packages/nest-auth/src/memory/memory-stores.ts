import { randomUUID } from 'node:crypto';
import { addressOf } from '../core/address.js';
import { AuthError } from '../core/auth-error.js';
import { assertSessionRecord } from '../core/session-record.js';
import type { EphemeralStore } from '../ports/ephemeral-store.js';
import type {
  Advance,
  RevokeAllOptions,
  RevokedPage,
  RevokedSession,
  Rotation,
  SessionPage,
  SessionRecord,
  SessionStore,
} from '../ports/session-store.js';
import type { AuthUser, NewUser, UserStore } from '../ports/user-store.js';

const MEMORY = Symbol.for('acme/nest-auth:memory-store');

export interface MemoryStoreOptions {
  /** Boot refuses a memory store when `NODE_ENV` is `production`, unless this is set. @default false */
  readonly allowInProduction?: boolean;
  /** @default Date.now */
  readonly clock?: () => number;
}

/** Every store, in memory: for tests and for trying the library out. What they keep ends with the process. */
export function memoryStores(options: MemoryStoreOptions = {}): {
  readonly userStore: MemoryUserStore;
  readonly sessionStore: MemorySessionStore;
  readonly ephemeralStore: MemoryEphemeralStore;
} {
  return {
    userStore: new MemoryUserStore(options),
    sessionStore: new MemorySessionStore(options),
    ephemeralStore: new MemoryEphemeralStore(options),
  };
}

export function isMemoryStore(store: object): store is MemoryStore {
  return MEMORY in store;
}

abstract class MemoryStore {
  readonly [MEMORY] = true;
  readonly allowInProduction: boolean;
  protected readonly clock: () => number;

  constructor({ allowInProduction = false, clock = Date.now }: MemoryStoreOptions = {}) {
    this.allowInProduction = allowInProduction;
    this.clock = clock;
  }
}

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

  async setPasswordHash(id: string, hash: string, replaces: string | null): Promise<boolean> {
    const user = this.#byId.get(id);
    if (!user || user.passwordHash !== replaces || typeof hash !== 'string') return false;
    this.#byId.set(id, { ...user, passwordHash: hash });
    return true;
  }

  async setEmailVerified(id: string, address: string, at: Date): Promise<boolean> {
    const user = this.#byId.get(id);
    if (!user || addressOf(user) !== address) return false;
    this.#byId.set(id, { ...user, emailVerifiedAt: at });
    return true;
  }

  async setLogin(id: string, login: string, replaces: string): Promise<boolean> {
    const user = this.#byId.get(id);
    if (!user || user.login !== replaces || typeof login !== 'string') return false;
    if (this.#idByLogin.has(login)) throw new AuthError('login_taken');
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

/** The reference implementation of `SessionStore`. Each method runs without an await in between, and so is atomic. */
export class MemorySessionStore extends MemoryStore implements SessionStore {
  readonly #sessions = new Map<string, SessionRecord>();

  async create(session: SessionRecord): Promise<void> {
    assertSessionRecord(session);
    this.#sessions.set(session.id, { ...session, methods: [...session.methods] });
  }

  async find(id: string): Promise<SessionRecord | null> {
    return this.#sessions.get(id) ?? null;
  }

  async advance({ id, secretHash, fromGeneration, now, expiresAt }: Rotation): Promise<Advance | null> {
    const session = this.#sessions.get(id);
    if (!session) return null;
    assertDates(now, expiresAt);
    const isAtIt = session.secretHash === secretHash && session.generation === fromGeneration;
    if (!isAtIt || !livesAt(now, session)) return { won: false, session };
    const advanced = { ...session, generation: fromGeneration + 1, rotatedAt: now, expiresAt };
    this.#sessions.set(id, advanced);
    return { won: true, session: advanced };
  }

  async revoke(id: string): Promise<boolean> {
    const session = this.#sessions.get(id);
    if (!session || session.revokedAt) return false;
    this.#sessions.set(id, { ...session, revokedAt: new Date(this.clock()) });
    return true;
  }

  async revokeAll(userId: string, { exceptId, upTo, limit }: RevokeAllOptions): Promise<readonly string[]> {
    const most = countOf(limit);
    const ids: string[] = [];
    for (const session of this.#sessions.values()) {
      if (ids.length >= most) break;
      if (session.userId !== userId || session.revokedAt || session.id === exceptId) continue;
      if (!upTo || newestFirst(upTo, session) <= 0) ids.push(session.id);
    }
    for (const id of ids) void this.revoke(id);
    return ids;
  }

  async listActive(userId: string, { now, limit, offset = 0 }: SessionPage): Promise<readonly SessionRecord[]> {
    assertDates(now);
    return [...this.#sessions.values()]
      .filter((session) => session.userId === userId && livesAt(now, session))
      .sort(newestFirst)
      .slice(countOf(offset), offset + countOf(limit));
  }

  async deleteExpired(before: Date): Promise<number> {
    assertDates(before);
    const expired = [...this.#sessions.values()].filter((session) => session.absoluteExpiresAt < before);
    for (const { id } of expired) this.#sessions.delete(id);
    return expired.length;
  }

  async revokedSince(since: Date, { limit, afterId }: RevokedPage): Promise<readonly RevokedSession[]> {
    assertDates(since);
    return [...this.#sessions.values()]
      .flatMap(({ id, userId, revokedAt }) => (revokedAt ? [{ sessionId: id, userId, revokedAt }] : []))
      .filter(({ sessionId, revokedAt }) => {
        const later = revokedAt.getTime() - since.getTime();
        return later > 0 || (later === 0 && (afterId === undefined || sessionId > afterId));
      })
      .sort((a, b) => a.revokedAt.getTime() - b.revokedAt.getTime() || (a.sessionId < b.sessionId ? -1 : 1))
      .slice(0, countOf(limit));
  }
}

type Age = Pick<SessionRecord, 'createdAt' | 'id'>;

function newestFirst(a: Age, b: Age): number {
  return b.createdAt.getTime() - a.createdAt.getTime() || (a.id === b.id ? 0 : a.id > b.id ? -1 : 1);
}

function livesAt(now: Date, { revokedAt, expiresAt, absoluteExpiresAt }: SessionRecord): boolean {
  return !revokedAt && now < expiresAt && now < absoluteExpiresAt;
}

/** `undefined` and the like would compare as neither before nor after. */
function assertDates(...times: readonly Date[]): void {
  for (const time of times) if (!(time instanceof Date)) throw new TypeError('A time is not a Date.');
}

function countOf(count: number): number {
  if (!Number.isInteger(count) || count < 0) throw new TypeError('A limit or an offset is not a whole number.');
  return count;
}

/** The reference implementation of `EphemeralStore`. */
export class MemoryEphemeralStore extends MemoryStore implements EphemeralStore {
  readonly #values = new Map<string, { readonly value: string; readonly until: number }>();

  async put(key: string, value: string, ttl: number): Promise<void> {
    assertEntry(key, value, ttl);
    this.#values.set(key, { value, until: this.clock() + ttl * 1000 });
  }

  async take(key: string): Promise<string | null> {
    const value = this.#live(key);
    this.#values.delete(key);
    return value;
  }

  async putIfAbsent(key: string, value: string, ttl: number): Promise<boolean> {
    assertEntry(key, value, ttl);
    if (this.#live(key) !== null) return false;
    void this.put(key, value, ttl);
    return true;
  }

  async get(key: string): Promise<string | null> {
    return this.#live(key);
  }

  async deleteExpired(): Promise<number> {
    const now = this.clock();
    const expired = [...this.#values].filter(([, { until }]) => now >= until);
    for (const [key] of expired) this.#values.delete(key);
    return expired.length;
  }

  #live(key: string): string | null {
    const entry = this.#values.get(key);
    return entry && this.clock() < entry.until ? entry.value : null;
  }
}

function assertEntry(key: string, value: string, ttl: number): void {
  if (typeof key !== 'string' || typeof value !== 'string' || !Number.isFinite(ttl))
    throw new TypeError('The key or the value is not a string, or the lifetime is not a number.');
}
