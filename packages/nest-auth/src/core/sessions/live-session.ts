import type { SessionRecord } from '../../ports/session-store.js';
import type { AuthUser } from '../../ports/user-store.js';

/** A session that was just started or rotated. */
export interface LiveSession<TUser extends AuthUser = AuthUser>
  extends Pick<SessionRecord, 'methods' | 'authenticatedAt' | 'remember' | 'actorId'> {
  readonly user: TUser;
  readonly sessionId: string;
  /** The absolute end, which no access token outlives. */
  readonly endsAt: Date;
  readonly refreshToken: string;
}

export function liveSession(user: AuthUser, session: SessionRecord, refreshToken: string): LiveSession {
  const { id: sessionId, absoluteExpiresAt: endsAt, methods, authenticatedAt, remember, actorId } = session;
  return { user, sessionId, endsAt, methods, authenticatedAt, remember, actorId, refreshToken };
}

/** @param now in milliseconds */
export function lives({ revokedAt, expiresAt, absoluteExpiresAt }: SessionRecord, now: number): boolean {
  return !revokedAt && now < expiresAt.getTime() && now < absoluteExpiresAt.getTime();
}
