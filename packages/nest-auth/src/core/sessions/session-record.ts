import type { Reauthentication, SessionRecord } from '../../ports/session-store.js';
import { areMethods } from '../login-details.js';

/**
 * Checks a session. A `SessionStore` calls it before it writes, because types do not stop JavaScript.
 * @throws TypeError if a field of the session does not match `SessionRecord`
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
 * Checks a reauthentication. A `SessionStore` calls it before it moves the time of a login.
 * @throws TypeError if a time is an invalid Date, or the methods do not match `SessionRecord`
 */
export function assertReauthentication(reauthentication: Reauthentication): Reauthentication {
  const { at, methods, now } = reauthentication;
  const areTimes = [at, now].every((time) => time instanceof Date && !Number.isNaN(time.getTime()));
  if (!areTimes || !areMethods(methods)) throw new TypeError('A field of the reauthentication has the wrong type.');
  return reauthentication;
}
