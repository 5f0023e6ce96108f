import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import type { Principal } from '../core/policy/principal.js';
import { token } from '../core/token.js';

/** What the app wants to find in `request.user`. */
export type RequestUser = (caller: Principal) => object;
/** `null` for the `Principal` itself. */
export const RequestUser = token<RequestUser | null>('RequestUser');

interface Shown {
  readonly user: object;
  readonly caller: Principal;
}

/** By request: an app may answer with one object for several callers. */
const shown = new WeakMap<object, Shown>();

/**
 * What a request shows of its caller.
 * @throws AuthError `invalid_configuration` for an answer that is no object, or that is to come
 */
export function userFor(request: AuthRequest, caller: Principal, show: RequestUser): object {
  const user: unknown = show(caller);
  if (typeof user !== 'object' || user === null || 'then' in user) {
    const message =
      'requestUser(caller) must answer at once, with an object; write (caller) => ({ userId: caller.id }).';
    throw new AuthError('invalid_configuration', { message });
  }
  shown.set(request, { user, caller });
  return user;
}

/** The caller behind what a request shows; anybody else's user as it is. */
export function callerBehind(request: object, user: unknown): unknown {
  const found = shown.get(request);
  return found !== undefined && found.user === user ? found.caller : user;
}

/** Whether a caller is one of ours, and not what a strategy of the app's own answers with. */
export function isPrincipal(caller: unknown): caller is Principal {
  return Object.isFrozen(caller) && typeof (caller as Partial<Principal> | null)?.sessionId === 'string';
}
