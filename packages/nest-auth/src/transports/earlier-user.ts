import type { AuthRequest } from '../core/auth-request.js';

/** Whom somebody has put on a request so far; `undefined` for nobody. */
export function earlierUserOf(request: AuthRequest): unknown {
  const { user } = request;
  if (user === undefined || user === null) return undefined;
  // An accessor could answer with another object the next time, which would pass for a user who was found since.
  Object.defineProperty(request, 'user', { value: user, writable: true, enumerable: true, configurable: true });
  return user;
}
