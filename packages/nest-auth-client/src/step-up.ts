import { refusalOf } from './answer.js';
import type { AuthClient } from './auth-client.js';
import type { AuthClientError } from './auth-client-error.js';

const TOO_OLD = 'insufficient_user_authentication';

/**
 * The same client, for routes that need a recent login: if `fetch` or `call` is refused because the login is too old,
 * the user is asked once for all requests, then each is repeated once.
 * @param ask asks the user to prove again who they are, and answers whether they did: with a dialog that ends in
 * `auth.confirm(password)`, for example
 *
 * @example
 * ```ts
 * const client = createAuthClient({ url: '/auth' });
 * const auth = stepUp(client, () => dialog.ask((password) => client.confirm(password)));
 * ```
 */
export function stepUp(auth: AuthClient, ask: () => Promise<boolean>): AuthClient {
  let asking: Promise<boolean> | undefined;
  let confirmations = 0;

  /** @param before the number of confirmations when the request was sent; after a newer one, the user is not asked */
  const confirmed = async (before: number): Promise<boolean> => {
    if (confirmations > before) return true;
    asking ??= askOnce().finally(() => {
      asking = undefined;
    });
    return asking;
  };

  const askOnce = async (): Promise<boolean> => {
    const isConfirmed = await ask();
    if (isConfirmed) confirmations += 1;
    return isConfirmed;
  };

  return {
    ...auth,
    fetch: async (input, init) => {
      const before = confirmations;
      // A body that was sent cannot be read again.
      const again = input instanceof Request ? input.clone() : input;
      const body = init?.body ?? null;
      const [first, second] = body instanceof ReadableStream ? body.tee() : [body, body];
      const response = await auth.fetch(input, { ...init, body: first });
      const isTooOld = (await refusalOf(response)).includes(TOO_OLD);
      return isTooOld && (await confirmed(before)) ? auth.fetch(again, { ...init, body: second }) : response;
    },
    call: async <Answer>(method: string, path: string, body?: object) => {
      const before = confirmations;
      try {
        return await auth.call<Answer>(method, path, body);
      } catch (error) {
        if ((error as AuthClientError).code !== TOO_OLD || !(await confirmed(before))) throw error;
        return auth.call<Answer>(method, path, body);
      }
    },
  };
}
