import { AuthError, AuthException } from '@acme/nest-auth';
import type { Parameters } from './strategies/provider.js';

/** A user who says no, in the words of OAuth, OpenID Connect, Apple and LinkedIn. */
const DENIALS = ['access_denied', 'user_cancelled_authorize', 'user_cancelled_login', 'consent_required'];

/** What a provider says went wrong, in our words: its own could be anybody's. */
export function errorIn({ error, error_code }: Parameters): string | undefined {
  if (error === undefined && error_code === undefined) return undefined;
  return DENIALS.includes(error ?? '') ? 'login_denied' : 'provider_failed';
}

/**
 * What a page is told of a refused login. The browser sees everything else as the answer itself, with its status.
 * @throws the error, if it is a failure of the server
 */
export function refusalIn(error: unknown): string {
  if (error instanceof AuthError && new AuthException(error).getStatus() < 500) return error.code;
  throw error;
}

/** Behind the `#`, which reaches no server and no log. */
export function pageWith(returnTo: string, parameters: Parameters): string {
  const fragment = new URLSearchParams(parameters).toString();
  return fragment === '' ? returnTo : `${returnTo}#${fragment}`;
}
