import type { AuthRequest } from '../core/auth-request.js';

/** The user that earlier code put on a request; `undefined` if there is none. */
export function earlierUserOf(request: AuthRequest): unknown {
  const { user } = request;
  if (user === undefined || user === null) return undefined;
  // An accessor could answer with a new object each time, which would look like a user who was authenticated later.
  Object.defineProperty(request, 'user', { value: user, writable: true, enumerable: true, configurable: true });
  return user;
}
