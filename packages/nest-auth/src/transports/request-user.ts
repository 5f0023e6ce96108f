import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import type { Principal } from '../core/policy/principal.js';
import { token } from '../core/token.js';

/** Makes the app's own `request.user`. */
export type RequestUser = (caller: Principal) => object;
/** `null` for the `Principal` itself. */
export const RequestUser = token<RequestUser | null>('RequestUser');

interface Shown {
  readonly user: object;
  readonly caller: Principal;
}

/** By request, because an app may return one object for several callers. */
const shown = new WeakMap<object, Shown>();

/**
 * The value of `request.user` for a caller.
 * @throws AuthError `invalid_configuration` if `requestUser` does not return an object, or returns a promise
 */
export function userFor(request: AuthRequest, caller: Principal, show: RequestUser): object {
  const user: unknown = show(caller);
  if (typeof user !== 'object' || user === null || 'then' in user) {
    const message =
      'requestUser(caller) must return an object, not a promise; write (caller) => ({ userId: caller.id }).';
    throw new AuthError('invalid_configuration', { message });
  }
  shown.set(request, { user, caller });
  return user;
}

/** The caller behind `request.user`. The user of another strategy is returned unchanged. */
export function callerBehind(request: object, user: unknown): unknown {
  const found = shown.get(request);
  return found !== undefined && found.user === user ? found.caller : user;
}

/** Whether a caller comes from the library, and not from a strategy of the app. */
export function isPrincipal(caller: unknown): caller is Principal {
  return Object.isFrozen(caller) && typeof (caller as Partial<Principal> | null)?.sessionId === 'string';
}
