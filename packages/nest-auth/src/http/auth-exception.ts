import { STATUS_CODES } from 'node:http';
import { HttpException, Logger } from '@nestjs/common';
import { AuthError, type AuthErrorCode } from '../core/auth-error.js';

/** The one place where a code becomes a status. */
const STATUS: Readonly<Record<AuthErrorCode, number>> = {
  invalid_request: 400,
  missing_token: 401,
  invalid_token: 401,
  token_expired: 401,
  token_revoked: 401,
  insufficient_scope: 403,
  unsupported_context: 403,
  not_found: 404,
  invalid_credentials: 401,
  login_taken: 409,
  too_many_attempts: 429,
  password_too_short: 400,
  password_too_long: 400,
  password_malformed: 400,
  password_too_common: 400,
  password_is_login: 400,
  wrong_password: 403,
  password_changed_meanwhile: 409,
  invalid_refresh_token: 401,
  refresh_token_reused: 401,
  session_revoked: 401,
  session_expired: 401,
  session_lifetime_exceeded: 401,
  user_not_found: 401,
  user_disabled: 401,
  overloaded: 503,
  store_unavailable: 503,
  invalid_configuration: 500,
};

/** An `AuthError` on its way through HTTP; any filter of the app's own can treat it as the HttpException it is. */
export class AuthException extends HttpException {
  constructor(readonly error: AuthError) {
    const { code } = error;
    const statusCode = STATUS[code];
    // How the app is configured is no caller's business.
    const message = code === 'invalid_configuration' ? 'Internal server error' : error.message;
    super({ statusCode, error: STATUS_CODES[statusCode], code, message }, statusCode, { cause: error });
  }

  get code(): AuthErrorCode {
    return this.error.code;
  }
}

/** What a guard throws: our refusals as HTTP knows them, everything else untouched. */
export function refusal(error: unknown): unknown {
  return error instanceof AuthError ? new AuthException(error) : error;
}

const logger = new Logger('AuthModule');

/** For those who run the app. A flood has its event; a line for each refusal would be a second flood. */
export function logFailure(exception: AuthException): void {
  const { code, cause, message } = exception.error;
  if (exception.getStatus() < 500 || code === 'overloaded') return;
  // The caller is not told what is wrong with the app, so the log has to.
  const reason = code === 'invalid_configuration' ? message : cause instanceof Error && cause.message;
  logger.error(reason ? `${code}: ${reason}` : code);
}
