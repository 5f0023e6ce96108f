import { AuthError, AuthException } from '@acme/nest-auth';
import type { Parameters } from './strategies/provider.js';

/** The codes of OAuth, OpenID Connect, Apple and LinkedIn for a user who refused. */
const DENIALS = ['access_denied', 'user_cancelled_authorize', 'user_cancelled_login', 'consent_required'];

/** Our code for a provider's error. Anybody could have written the provider's own text into the address. */
export function errorIn({ error, error_code }: Parameters): string | undefined {
  if (error === undefined && error_code === undefined) return undefined;
  return DENIALS.includes(error ?? '') ? 'login_denied' : 'provider_failed';
}

/**
 * The code that the page gets for a refused login. Any other error becomes the answer itself, with its status.
 * @throws the error, if it is a failure of the server
 */
export function refusalIn(error: unknown): string {
  if (error instanceof AuthError && new AuthException(error).getStatus() < 500) return error.code;
  throw error;
}

/** Adds the parameters after `#`, a part that reaches no server and no log. */
export function pageWith(returnTo: string, parameters: Parameters): string {
  const fragment = new URLSearchParams(parameters).toString();
  return fragment === '' ? returnTo : `${returnTo}#${fragment}`;
}
