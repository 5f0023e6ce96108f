import type { AuthUser } from '../../ports/user-store.js';
import { AuthError } from '../errors/auth-error.js';
import { Trace } from '../errors/trace.js';
import { typeOf } from './stored-user.js';

/** In characters. Shorter hashes, as in tests, could be part of any text. */
const SHORTEST_HASH = 20;

/**
 * Checks what the option `claims` or `profile` returned for a user: clients will read it.
 * @param what begins the message: `claims(user)`
 * @throws AuthError `invalid_configuration` if it is not an object, cannot be JSON, or shows the password hash
 */
export function readAppAnswer(value: unknown, user: AuthUser, what: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value) || 'then' in value) {
    throw refused(`${what} must answer with an object, and answered with ${typeOf(value)}.`);
  }
  const answer = { ...value };
  const { passwordHash } = user;
  if (passwordHash && passwordHash.length >= SHORTEST_HASH && json(answer, what).includes(quoted(passwordHash))) {
    throw refused(`${what} shows the password hash. Name the members that it answers with, one by one.`);
  }
  return answer;
}

function json(answer: object, what: string): string {
  try {
    return JSON.stringify(answer);
  } catch (error) {
    throw refused(`${what} answered with a value that cannot be written as JSON: ${Trace.of(error).summary}.`);
  }
}

function quoted(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function refused(message: string): AuthError {
  return new AuthError('invalid_configuration', { message });
}
