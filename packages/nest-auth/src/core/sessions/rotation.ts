import { setTimeout } from 'node:timers/promises';
import type { SessionRecord, SessionStore } from '../../ports/session-store.js';
import type { AuthUser, UserStore } from '../../ports/user-store.js';
import type { AuthEvents, Device } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import {
  digest,
  isDigestOf,
  LAST_GENERATION,
  type RefreshClaims,
  type RefreshTokenSeal,
} from '../refresh-tokens/refresh-token.js';
import type { Clock } from '../time.js';
import { type LiveSession, liveSession } from './live-session.js';
import type { SessionEndings } from './session-endings.js';
import type { Exchanged } from './session-hooks.js';

export interface RotationOptions {
  readonly store: SessionStore;
  readonly users: UserStore;
  readonly seal: RefreshTokenSeal;
  readonly events: AuthEvents;
  readonly clock: Clock;
  /** In seconds: inactivity, and how long a replaced token still returns its successor. */
  readonly ttl: { readonly refresh: number; readonly grace: number };
}

/** Two seconds in all: longer than a store takes, shorter than a client waits. */
const LOOKS = 80;
const BETWEEN_LOOKS = 25;

/** Refresh token rotation with replay detection (RFC 9700 §4.14.2). */
export class Rotation {
  constructor(
    private readonly options: RotationOptions,
    private readonly endings: SessionEndings,
  ) {}

  /** See `SessionService.rotate`. */
  async rotate(refreshToken: string, device: Device): Promise<LiveSession> {
    return this.#reportingRefusal(device, () => this.#rotate(refreshToken, device));
  }

  /** Answers a further use of a token that was exchanged for a session. See `Exchange.begin`. */
  async repeat(first: Exchanged, foreignToken: string, device: Device): Promise<LiveSession> {
    return this.#reportingRefusal(device, () => this.#repeat(first, foreignToken, device));
  }

  async #reportingRefusal<T>(device: Device, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
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
    // A leaked server key does not reveal the family secret.
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

  /** Returns if another request with the same token won a moment ago; refuses everything else. */
  async #assertRaced(
    session: SessionRecord,
    { generation }: RefreshClaims,
    now: number,
    device: Device,
  ): Promise<void> {
    if (session.revokedAt) throw new AuthError('session_revoked');
    if (now >= session.absoluteExpiresAt.getTime()) throw new AuthError('session_lifetime_exceeded');
    if (now >= session.expiresAt.getTime()) throw new AuthError('session_expired');
    // Ahead of its row: the table was restored from a backup. Such a token looks the same as a stolen one.
    if (generation >= session.generation) throw new AuthError('invalid_refresh_token');
    const isParent = generation + 1 === session.generation;
    if (isParent && now - session.rotatedAt.getTime() <= this.options.ttl.grace * 1000) return;
    return this.#refuseReplay(session, device);
  }

  async #repeat({ sessionId, at }: Exchanged, foreignToken: string, device: Device): Promise<LiveSession> {
    const { store, clock, ttl, seal, events } = this.options;
    if (sessionId === undefined) throw new AuthError('invalid_refresh_token');
    const isRace = clock() - at <= ttl.grace * 1000;
    const session = isRace ? await this.#arriving(sessionId) : await store.find(sessionId);
    if (!session || session.revokedAt) throw new AuthError('session_revoked');
    if (!isRace) return this.#refuseReplay(session, device);
    const familySecret = seal.familySecretsOf(foreignToken).find((one) => isDigestOf(one, session.secretHash));
    if (!familySecret) throw new AuthError('invalid_refresh_token');
    const refreshToken = seal.seal({ sessionId, generation: 0, familySecret });
    if (session.generation > 0) return this.#rotate(refreshToken, device);
    const user = await this.#activeUser(session);
    events.emit('refresh_repeated', { userId: user.id, sessionId, device });
    return liveSession(user, session, refreshToken);
  }

  /** Waits for the session, which the first use may be storing right now in another process. */
  async #arriving(sessionId: string): Promise<SessionRecord> {
    for (let look = 0; look < LOOKS; look += 1) {
      const session = await this.options.store.find(sessionId);
      if (session) return session;
      await setTimeout(BETWEEN_LOOKS);
    }
    // Not `session_revoked`: the session may still appear, and its user must not be logged out.
    throw new AuthError('store_unavailable', { retryAfter: 1 });
  }

  async #refuseReplay({ userId, id }: SessionRecord, device: Device): Promise<never> {
    await this.endings.end(userId, id, 'replay');
    this.options.events.emit('replay_detected', { userId, sessionId: id, device });
    throw new AuthError('refresh_token_reused');
  }

  /** Read at each rotation, so that roles are current and a disabled user is refused. */
  async #activeUser(session: SessionRecord): Promise<AuthUser> {
    const user = await this.options.users.findById(session.userId);
    if (user && !user.disabledAt) return user;
    await this.endings.end(session.userId, session.id, 'user_unavailable');
    throw new AuthError(user ? 'user_disabled' : 'user_not_found');
  }
}
