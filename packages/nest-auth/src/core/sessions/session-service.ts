import { randomUUID } from 'node:crypto';
import type { SessionRecord } from '../../ports/session-store.js';
import type { AuthUser } from '../../ports/user-store.js';
import { deviceOf, string, text } from '../arguments.js';
import { type Device, type RevocationReason, UNKNOWN_DEVICE } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import { type LoginDetails, readLogin } from '../login-details.js';
import type { Observation } from '../observation/observation.js';
import { observed } from '../observation/observed.js';
import { digest, isDigestOf, looksSealed, newFamilySecret } from '../refresh-tokens/refresh-token.js';
import { readUser } from '../users/stored-user.js';
import { type ConfirmedSession, type LiveSession, liveSession, lives } from './live-session.js';
import { Reauthentication } from './reauthentication.js';
import { Rotation, type RotationOptions } from './rotation.js';
import { SessionEndings, type SessionEndingsOptions } from './session-endings.js';
import { SessionLimit, type SessionLimitOptions } from './session-limit.js';
import { TokenExchange } from './token-exchange.js';

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

export interface SessionServiceOptions extends SessionEndingsOptions, RotationOptions {
  /**
   * In seconds: inactivity, absolute lifetime, the same for users who are not remembered, and how long a replaced token
   * still returns its successor.
   */
  readonly ttl: RotationOptions['ttl'] & { readonly session: number; readonly browser: number };
  readonly limit: SessionLimitOptions;
  /** @default nobody observes */
  readonly observation?: Observation | undefined;
}

interface Beginning {
  readonly now: number;
  readonly authenticatedAt: Date;
  /** @default a new one */
  readonly familySecret?: Buffer;
}

/** In milliseconds, longer than any `ttl.grace`. */
const LAST_USED_STEP = 60 * 60 * 1000;
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;

/** One session per device: starts, rotates, lists and ends them. */
export class SessionService {
  readonly #limit: SessionLimit;
  readonly #endings: SessionEndings;
  readonly #rotation: Rotation;
  readonly #reauthentication: Reauthentication;

  constructor(private readonly options: SessionServiceOptions) {
    this.#limit = new SessionLimit(options.store, options.limit);
    this.#endings = new SessionEndings(options);
    this.#rotation = new Rotation(options, this.#endings);
    this.#reauthentication = new Reauthentication(options);
  }

  /**
   * Logs a device in. A user with more sessions than `sessions.max` loses the oldest, or is refused.
   * @param login how the user logged in; the time of the login is now
   * @param prepare is given the session before it is stored; if it rejects, nothing is stored
   * @throws AuthError `invalid_request`, `too_many_sessions`, `store_unavailable`; `contract_broken` for a user that
   * does not match `AuthUser`
   */
  async start(
    given: AuthUser,
    device: Device,
    login: LoginDetails = {},
    prepare?: (session: LiveSession) => Promise<unknown>,
  ): Promise<LiveSession> {
    const now = this.options.clock();
    return this.#start(given, device, login, { now, authenticatedAt: new Date(now) }, prepare);
  }

  async #start(
    given: AuthUser,
    device: Device,
    login: LoginDetails,
    { now, authenticatedAt, familySecret = newFamilySecret() }: Beginning,
    prepare?: (session: LiveSession) => Promise<unknown>,
  ): Promise<LiveSession> {
    const user = readUser(given, 'SessionService.start was given');
    deviceOf(device);
    const details = readLogin(login);
    const { seal, ttl } = this.options;
    const lifetime = details.remember ? ttl.session : Math.min(ttl.browser, ttl.session);
    const session: SessionRecord = {
      id: randomUUID(),
      userId: user.id,
      secretHash: digest(familySecret),
      generation: 0,
      createdAt: new Date(now),
      rotatedAt: new Date(now),
      expiresAt: new Date(now + ttl.refresh * 1000),
      absoluteExpiresAt: new Date(now + lifetime * 1000),
      revokedAt: null,
      userAgent: device.userAgent,
      ip: device.ip,
      ...details,
      authenticatedAt,
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

  /** @returns the id under which it is stored */
  async #add(session: SessionRecord, device: Device): Promise<string> {
    const { userId } = session;
    const added = await this.#limit.add(session);
    if (!added) {
      this.options.events.emit('login_refused', { userId, code: 'too_many_sessions', device });
      throw new AuthError('too_many_sessions');
    }
    if (added.surplus) await this.#endings.endAll(userId, { upTo: added.surplus }, 'newer_login');
    return added.session.id;
  }

  /**
   * Exchanges a refresh token for its successor. Concurrent requests and retries within `ttl.grace` all get the same
   * successor; a token that was replaced earlier ends its session (RFC 9700 §4.14.2).
   * @throws AuthError `invalid_refresh_token`, `refresh_token_reused`, `session_revoked`, `session_expired`,
   * `session_lifetime_exceeded`, `user_not_found`, `user_disabled`, `store_unavailable`
   */
  async rotate(refreshToken: string, device = UNKNOWN_DEVICE): Promise<LiveSession> {
    return observed(this.options.observation, 'refresh', () =>
      looksSealed(refreshToken) ? this.#rotation.rotate(refreshToken, device) : this.#exchange(refreshToken, device),
    );
  }

  /** Asks the features about a token that the library did not issue. A token that no feature knows is refused. */
  async #exchange(refreshToken: string, device: Device): Promise<LiveSession> {
    const now = this.options.clock();
    const exchange = new TokenExchange(
      (user, prepare) => {
        const [familySecret] = this.options.seal.familySecretsOf(refreshToken);
        // The epoch, because the time of the login is unknown.
        return this.#start(user, device, {}, { now, authenticatedAt: new Date(0), familySecret }, prepare);
      },
      (first) => this.#rotation.repeat(first, refreshToken, device),
    );
    for (const hook of this.options.hooks ?? []) {
      const session = await hook.foreignRefresh?.(refreshToken, device, exchange);
      if (session) return session;
    }
    return this.#rotation.rotate(refreshToken, device);
  }

  /**
   * Records in a session that its user has just proved again who they are: later refreshes keep the new time.
   * @param methods what they proved; added to the session's methods
   * @throws AuthError `token_revoked` when the user has no such live session; `invalid_request`, `store_unavailable`
   */
  async reauthenticate(given: AuthUser, sessionId: string, methods: readonly string[]): Promise<ConfirmedSession> {
    const user = readUser(given, 'SessionService.reauthenticate was given');
    text(sessionId, 'sessionId');
    return this.#reauthentication.reauthenticate(user, sessionId, readLogin({ methods }).methods);
  }

  /** Asks the store whether a session is still live. */
  async isLive(sessionId: string): Promise<boolean> {
    const session = await this.options.store.find(text(sessionId, 'sessionId'));
    return session !== null && lives(session, this.options.clock());
  }

  /**
   * The user's live sessions, newest first, `sessions.max` at most.
   * @param currentId the caller's session, which is in use now
   */
  async list(userId: string, currentId?: string): Promise<Session[]> {
    text(userId, 'userId');
    const { store, clock, limit } = this.options;
    const now = new Date(clock());
    const sessions = await store.listActive(userId, { now, limit: limit.max });
    return sessions
      .filter((session) => lives(session, now.getTime()))
      .map(({ id, createdAt, rotatedAt, userAgent, ip, methods, authenticatedAt, actorId }) => {
        const lastUsedAt = hourOf(id === currentId ? now : rotatedAt, createdAt);
        const actor = actorId === null ? {} : { actorId };
        return { id, createdAt, lastUsedAt, userAgent, ip, methods, authenticatedAt, ...actor };
      });
  }

  /**
   * Ends one session of a user and its access tokens.
   * @throws AuthError `not_found` when the user has no such live session
   */
  async revoke(userId: string, sessionId: string): Promise<void> {
    text(userId, 'userId');
    string(sessionId, 'sessionId');
    // Checked first, so that an invalid id never reaches a query.
    const session = UUID.test(sessionId) ? await this.options.store.find(sessionId) : null;
    if (!session || session.userId !== userId || !lives(session, this.options.clock()))
      throw new AuthError('not_found');
    await this.end(userId, sessionId, 'ended');
  }

  /**
   * Ends the session of a refresh token, also of a replaced or expired one.
   * @returns whose session it was; `null` if it had ended before, or if this is not a refresh token of this app
   */
  async revokeByToken(
    refreshToken: string,
    reason: RevocationReason = 'ended',
  ): Promise<Pick<SessionRecord, 'id' | 'userId'> | null> {
    if (!looksSealed(refreshToken)) return this.#revokeByForeign(refreshToken, reason);
    const claims = this.options.seal.open(refreshToken);
    const session = claims && (await this.options.store.find(claims.sessionId));
    // A leaked server key does not reveal the family secret.
    if (!session || session.revokedAt || !isDigestOf(claims.familySecret, session.secretHash)) return null;
    const isEnded = await this.end(session.userId, session.id, reason);
    return isEnded ? { id: session.id, userId: session.userId } : null;
  }

  async #revokeByForeign(
    refreshToken: string,
    reason: RevocationReason,
  ): Promise<Pick<SessionRecord, 'id' | 'userId'> | null> {
    for (const hook of this.options.hooks ?? []) {
      const { userId, sessionId: id } = (await hook.foreignLogout?.(refreshToken)) ?? {};
      if (userId && id && (await this.end(userId, id, reason))) return { id, userId };
    }
    return null;
  }

  /** Ends every session of a user, access tokens included; call it when you disable or delete somebody. */
  async revokeAll(userId: string, exceptId?: string, reason: RevocationReason = 'ended'): Promise<void> {
    text(userId, 'userId');
    if (exceptId !== undefined) text(exceptId, 'exceptId');
    const ended = await this.#endings.endAll(userId, { exceptId }, reason);
    if (ended === 0 && exceptId === undefined) await this.#endings.endWithoutRows(userId);
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

  /** Ends a session that is known to be the user's. @returns whether it had not ended before */
  async end(userId: string, sessionId: string, reason: RevocationReason): Promise<boolean> {
    return this.#endings.end(userId, sessionId, reason);
  }
}

/** The later time, rounded down to the hour. The clocks of processes may differ, so either can be later. */
function hourOf(time: Date, createdAt: Date): Date {
  const latest = Math.max(time.getTime(), createdAt.getTime());
  return new Date(latest - (latest % LAST_USED_STEP));
}
