import type { SessionRecord } from '../../ports/session-store.js';
import type { AuthUser } from '../../ports/user-store.js';

/** A session that was just started or rotated. */
export interface LiveSession<TUser extends AuthUser = AuthUser>
  extends Pick<SessionRecord, 'methods' | 'authenticatedAt' | 'remember' | 'actorId'> {
  readonly user: TUser;
  readonly sessionId: string;
  /** The absolute end. No access token outlives it. */
  readonly endsAt: Date;
  readonly refreshToken: string;
}

/** A session that continues, without its refresh token: the store has no secret from which to make a token. */
export type ConfirmedSession = Omit<LiveSession, 'refreshToken'>;

export function liveSession(user: AuthUser, session: SessionRecord, refreshToken: string): LiveSession {
  return { ...confirmedSession(user, session), refreshToken };
}

export function confirmedSession(user: AuthUser, session: SessionRecord): ConfirmedSession {
  const { id: sessionId, absoluteExpiresAt: endsAt, methods, authenticatedAt, remember, actorId } = session;
  return { user, sessionId, endsAt, methods, authenticatedAt, remember, actorId };
}

/** @param now in milliseconds */
export function lives({ revokedAt, expiresAt, absoluteExpiresAt }: SessionRecord, now: number): boolean {
  return !revokedAt && now < expiresAt.getTime() && now < absoluteExpiresAt.getTime();
}
