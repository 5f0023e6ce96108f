import type { Reauthentication, SessionRecord } from '../../ports/session-store.js';
import { areMethods } from '../login-details.js';

/**
 * What a `SessionStore` checks before it writes: types do not stop JavaScript.
 * @throws TypeError unless each field of the session is as `SessionRecord` says
 */
export function assertSessionRecord(session: SessionRecord): SessionRecord {
  const { id, userId, secretHash, generation, revokedAt, userAgent, ip, methods, remember, actorId, ...rest } = session;
  const texts: unknown[] = [id, userId, secretHash, userAgent ?? '', ip ?? '', actorId ?? ''];
  const times: unknown[] = [rest.createdAt, rest.rotatedAt, rest.expiresAt, rest.absoluteExpiresAt];
  times.push(revokedAt ?? rest.createdAt, rest.authenticatedAt);
  const isValid =
    texts.every((text) => typeof text === 'string') &&
    times.every((time) => time instanceof Date) &&
    Number.isInteger(generation) &&
    generation >= 0 &&
    areMethods(methods) &&
    typeof remember === 'boolean';
  if (!isValid) throw new TypeError('A field of the session has the wrong type.');
  return session;
}

/**
 * What a `SessionStore` checks before it moves the time of a login.
 * @throws TypeError unless the times are valid Dates and the methods as `SessionRecord` says
 */
export function assertReauthentication(reauthentication: Reauthentication): Reauthentication {
  const { at, methods, now } = reauthentication;
  const areTimes = [at, now].every((time) => time instanceof Date && !Number.isNaN(time.getTime()));
  if (!areTimes || !areMethods(methods)) throw new TypeError('A field of the reauthentication has the wrong type.');
  return reauthentication;
}
