import { randomUUID } from 'node:crypto';
import type { RevokeAllOptions, SessionRecord, SessionStore } from '../../ports/session-store.js';
import type { AuthUser, UserStore } from '../../ports/user-store.js';
import { deviceOf, string, text } from '../arguments.js';
import { type AuthEvents, type Device, type RevocationReason, UNKNOWN_DEVICE } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import { type LoginDetails, readLogin } from '../login/login-details.js';
import type { Clock } from '../time.js';
import {
  digest,
  isDigestOf,
  LAST_GENERATION,
  newFamilySecret,
  type RefreshClaims,
  type RefreshTokenSeal,
} from '../tokens/refresh-token.js';
import type { Revocations } from '../tokens/revocations.js';
import { tombstoneOf } from '../tokens/tombstone.js';
import { readUser } from '../users/stored-user.js';
import { SessionLimit, type SessionLimitOptions } from './session-limit.js';

/** A device that is logged in, as its user may see it. */
export interface Session {
  readonly id: string;
  readonly createdAt: Date;
  /** The hour of its last refresh. The exact time would tell a thief when to use a stolen token unnoticed. */
  readonly lastUsedAt: Date;
  readonly userAgent: string | null;
  readonly ip: string | null;
  /** How the user logged in (`amr`, RFC 8176). */
  readonly methods: readonly string[];
  /** When the user last proved who they are. */
  readonly authenticatedAt: Date;
  /** Who acts in the user's place, if somebody does. */
  readonly actorId?: string;
}

/** The result of a login or a rotation. */
export interface LiveSession<TUser extends AuthUser = AuthUser>
  extends Pick<SessionRecord, 'methods' | 'authenticatedAt' | 'remember' | 'actorId'> {
  readonly user: TUser;
  readonly sessionId: string;
  /** The absolute end, which no access token outlives. */
  readonly endsAt: Date;
  readonly refreshToken: string;
}

export interface SessionServiceOptions {
  readonly store: SessionStore;
  readonly users: UserStore;
  readonly seal: RefreshTokenSeal;
  readonly revocations: Revocations | undefined;
  readonly events: AuthEvents;
  readonly clock: Clock;
  /** Seconds: inactivity, absolute lifetime, and how long a replaced token still answers with its successor. */
  readonly ttl: { readonly refresh: number; readonly session: number; readonly grace: number };
  /** How long an access token can live, clock differences included, in seconds. */
  readonly accessLifetime: number;
  readonly limit: SessionLimitOptions;
}

/** How many sessions one statement ends, so that no transaction or answer grows with a user's sessions. */
const BATCH = 1000;
/** In milliseconds, longer than any `ttl.grace`. */
const LAST_USED_STEP = 60 * 60 * 1000;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** One session per device: starts, rotates, lists and ends them. */
export class SessionService {
  readonly #limit: SessionLimit;

  constructor(private readonly options: SessionServiceOptions) {
    this.#limit = new SessionLimit(options.store, options.limit);
  }

  /**
   * Logs a device in. A user with more sessions than `sessions.max` loses the oldest, or is refused.
   * @param login how the user logged in; now is when they proved who they are
   * @param prepare is given the session before it is stored; if it rejects, nothing is stored
   * @throws AuthError `invalid_request`, `too_many_sessions`, `store_unavailable`; `contract_broken` for a user that is not as `AuthUser` says
   */
  async start(
    given: AuthUser,
    device: Device,
    login: LoginDetails = {},
    prepare?: (session: LiveSession) => Promise<unknown>,
  ): Promise<LiveSession> {
    const user = readUser(given, 'SessionService.start was given');
    deviceOf(device);
    const details = readLogin(login);
    const { clock, seal, ttl } = this.options;
    const familySecret = newFamilySecret();
    const now = clock();
    const session: SessionRecord = {
      id: randomUUID(),
      userId: user.id,
      secretHash: digest(familySecret),
      generation: 0,
      createdAt: new Date(now),
      rotatedAt: new Date(now),
      expiresAt: new Date(now + ttl.refresh * 1000),
      absoluteExpiresAt: new Date(now + ttl.session * 1000),
      revokedAt: null,
      userAgent: device.userAgent,
      ip: device.ip,
      ...details,
      authenticatedAt: new Date(now),
    };
    const live = (sessionId: string): LiveSession =>
      liveSession(user, { ...session, id: sessionId }, seal.seal({ sessionId, generation: 0, familySecret }));
    const coming = live(session.id);
    await prepare?.(coming);
    const sessionId = await this.#add(session, device);
    if (sessionId === session.id) return coming;
    const moved = live(sessionId);
    await prepare?.(moved);
    return moved;
  }

  /** @returns the id under which it lives */
  async #add(session: SessionRecord, device: Device): Promise<string> {
    const { userId } = session;
    const added = await this.#limit.add(session);
    if (!added) {
      this.options.events.emit('login_refused', { userId, code: 'too_many_sessions', device });
      throw new AuthError('too_many_sessions');
    }
    if (added.surplus) await this.#endAll(userId, { upTo: added.surplus }, 'newer_login');
    return added.session.id;
  }

  /**
   * Exchanges a refresh token for its successor. Racers and retries within `ttl.grace` all get the same successor;
   * a token that was replaced earlier ends its session (RFC 9700 §4.14.2).
   * @throws AuthError `invalid_refresh_token`, `refresh_token_reused`, `session_revoked`, `session_expired`,
   * `session_lifetime_exceeded`, `user_not_found`, `user_disabled`, `store_unavailable`
   */
  async rotate(refreshToken: string, device = UNKNOWN_DEVICE): Promise<LiveSession> {
    try {
      return await this.#rotate(refreshToken, device);
    } catch (error) {
      if (error instanceof AuthError) this.options.events.emit('refresh_refused', { code: error.code, device });
      throw error;
    }
  }

  async #rotate(refreshToken: string, device: Device): Promise<LiveSession> {
    const { store, clock, seal, ttl, events } = this.options;
    const claims = seal.open(refreshToken);
    if (!claims || claims.generation >= LAST_GENERATION) throw new AuthError('invalid_refresh_token');
    const now = clock();
    const answer = await store.advance({
      id: claims.sessionId,
      secretHash: digest(claims.familySecret),
      fromGeneration: claims.generation,
      now: new Date(now),
      expiresAt: new Date(now + ttl.refresh * 1000),
    });
    // The family secret is what a leaked server key cannot supply.
    if (!answer || !isDigestOf(claims.familySecret, answer.session.secretHash)) {
      throw new AuthError('invalid_refresh_token');
    }
    if (!answer.won) await this.#assertRaced(answer.session, claims, now, device);
    const user = await this.#activeUser(answer.session);
    const { sessionId } = claims;
    const generation = claims.generation + 1;
    if (answer.won) events.emit('refreshed', { userId: user.id, sessionId, generation, device });
    else events.emit('refresh_repeated', { userId: user.id, sessionId, device });
    return liveSession(user, answer.session, seal.seal({ ...claims, generation }));
  }

  /** Returns when the token lost to a twin a moment ago; everything else is refused. */
  async #assertRaced(
    session: SessionRecord,
    { generation }: RefreshClaims,
    now: number,
    device: Device,
  ): Promise<void> {
    if (session.revokedAt) throw new AuthError('session_revoked');
    if (now >= session.absoluteExpiresAt.getTime()) throw new AuthError('session_lifetime_exceeded');
    if (now >= session.expiresAt.getTime()) throw new AuthError('session_expired');
    // Ahead of its row: the table was restored from a backup. Nobody can tell such a token from a stolen one.
    if (generation >= session.generation) throw new AuthError('invalid_refresh_token');
    const isParent = generation + 1 === session.generation;
    if (isParent && now - session.rotatedAt.getTime() <= this.options.ttl.grace * 1000) return;
    await this.end(session.userId, session.id, 'replay');
    this.options.events.emit('replay_detected', { userId: session.userId, sessionId: session.id, device });
    throw new AuthError('refresh_token_reused');
  }

  /** Read anew at each rotation, so that roles are fresh and a disabled user is out. */
  async #activeUser(session: SessionRecord): Promise<AuthUser> {
    const user = await this.options.users.findById(session.userId);
    if (user && !user.disabledAt) return user;
    await this.end(session.userId, session.id, 'user_unavailable');
    throw new AuthError(user ? 'user_disabled' : 'user_not_found');
  }

  /** Whether a session still lives, asked of the store. */
  async isLive(sessionId: string): Promise<boolean> {
    const session = await this.options.store.find(text(sessionId, 'sessionId'));
    return session !== null && this.#lives(session);
  }

  /**
   * The user's live sessions, newest first, `sessions.max` at most.
   * @param currentId the session that asks: it is in use now
   */
  async list(userId: string, currentId?: string): Promise<Session[]> {
    text(userId, 'userId');
    const { store, clock, limit } = this.options;
    const now = new Date(clock());
    const sessions = await store.listActive(userId, { now, limit: limit.max });
    return sessions
      .filter((session) => this.#lives(session))
      .map(({ id, createdAt, rotatedAt, userAgent, ip, methods, authenticatedAt, actorId }) => {
        const lastUsedAt = hourOf(id === currentId ? now : rotatedAt, createdAt);
        const actor = actorId === null ? {} : { actorId };
        return { id, createdAt, lastUsedAt, userAgent, ip, methods, authenticatedAt, ...actor };
      });
  }

  /**
   * Ends one session of a user, its access tokens with it.
   * @throws AuthError `not_found` when the user has no such live session
   */
  async revoke(userId: string, sessionId: string): Promise<void> {
    text(userId, 'userId');
    string(sessionId, 'sessionId');
    // Checked first, so that an invalid id never reaches a query.
    const session = UUID.test(sessionId) ? await this.options.store.find(sessionId) : null;
    if (!session || session.userId !== userId || !this.#lives(session)) throw new AuthError('not_found');
    await this.end(userId, sessionId, 'ended');
  }

  /** Ends every session of a user, access tokens included; call it when you disable or delete somebody. */
  async revokeAll(userId: string, exceptId?: string, reason: RevocationReason = 'ended'): Promise<void> {
    text(userId, 'userId');
    if (exceptId !== undefined) text(exceptId, 'exceptId');
    const ended = await this.#endAll(userId, { exceptId }, reason);
    if (ended === 0 && exceptId === undefined) await this.#endWithoutRows(userId);
  }

  /**
   * Removes the rows of sessions past their absolute lifetime, once no access token can depend on them: a process that
   * starts later must still learn what was revoked.
   * @returns how many
   */
  deleteExpired(): Promise<number> {
    const { store, clock, accessLifetime } = this.options;
    return store.deleteExpired(new Date(clock() - accessLifetime * 1000));
  }

  /** The rows may have been deleted together with their user. Then a tombstone tells other processes. */
  async #endWithoutRows(userId: string): Promise<void> {
    const { store, revocations, clock, accessLifetime } = this.options;
    if (!revocations) return;
    const tombstone = tombstoneOf(userId, clock(), accessLifetime);
    revocations.addUser(userId, tombstone.id);
    await store.create(tombstone);
  }

  /** Ends a session that is known to be the user's. */
  async end(userId: string, sessionId: string, reason: RevocationReason): Promise<void> {
    const { store, revocations, events } = this.options;
    text(userId, 'userId');
    text(sessionId, 'sessionId');
    const revoked = await store.revoke(sessionId);
    revocations?.addSession(sessionId);
    if (revoked) events.emit('session_revoked', { userId, sessionId, reason });
  }

  /** In batches, until none is left. @returns how many it ended */
  async #endAll(userId: string, which: Omit<RevokeAllOptions, 'limit'>, reason: RevocationReason): Promise<number> {
    const { store, revocations, events } = this.options;
    let total = 0;
    for (;;) {
      const ended = await store.revokeAll(userId, { ...which, limit: BATCH });
      for (const sessionId of ended) {
        revocations?.addSession(sessionId);
        events.emit('session_revoked', { userId, sessionId, reason });
      }
      total += ended.length;
      if (ended.length < BATCH) return total;
    }
  }

  #lives(session: SessionRecord): boolean {
    const now = this.options.clock();
    return !session.revokedAt && now < session.expiresAt.getTime() && now < session.absoluteExpiresAt.getTime();
  }
}

function liveSession(user: AuthUser, session: SessionRecord, refreshToken: string): LiveSession {
  const { id: sessionId, absoluteExpiresAt: endsAt, methods, authenticatedAt, remember, actorId } = session;
  return { user, sessionId, endsAt, methods, authenticatedAt, remember, actorId, refreshToken };
}

/** The whole hour of the later time: clocks of processes may differ. */
function hourOf(time: Date, createdAt: Date): Date {
  const latest = Math.max(time.getTime(), createdAt.getTime());
  return new Date(latest - (latest % LAST_USED_STEP));
}
