import { STATUS_CODES } from 'node:http';
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  Inject,
  Injectable,
  Logger,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
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

/** RFC 6750 §3: without credentials a challenge names no error. */
const WITHOUT_ERROR: readonly AuthErrorCode[] = ['missing_token', 'invalid_credentials'];

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

/** The realm of every challenge. */
export const REALM = Symbol.for('acme/nest-auth:realm');

/** Answers with `{ statusCode, error, code, message }`, `WWW-Authenticate` (RFC 6750 §3) and `Retry-After`. */
@Injectable()
@Catch(AuthError, AuthException)
export class AuthErrorFilter implements ExceptionFilter<AuthError | AuthException> {
  readonly #logger = new Logger('AuthModule');

  constructor(
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(REALM) private readonly realm: string,
  ) {}

  catch(thrown: AuthError | AuthException, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw thrown;
    const exception = thrown instanceof AuthException ? thrown : new AuthException(thrown);
    const { error } = exception;
    const status = exception.getStatus();
    // A flood has its event; a line for each refusal would be a second flood.
    if (status >= 500 && error.code !== 'overloaded') {
      this.#logger.error(`${error.code}${error.cause instanceof Error ? `: ${error.cause.message}` : ''}`);
    }
    const { httpAdapter } = this.adapterHost;
    const response: unknown = host.switchToHttp().getResponse();
    if (httpAdapter.isHeadersSent(response)) return;
    for (const [name, value] of Object.entries(this.#headers(error, status)))
      httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, exception.getResponse(), status);
  }

  #headers({ code, retryAfter }: AuthError, status: number): Record<string, string> {
    return {
      'Cache-Control': 'no-store',
      ...(retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) }),
      ...(status === 401 || code === 'insufficient_scope' ? { 'WWW-Authenticate': this.#challenge(code) } : {}),
    };
  }

  #challenge(code: AuthErrorCode): string {
    // A quoted-string (RFC 9110 §5.6.4) in a header field: whatever could end either is left out.
    const challenge = `Bearer realm="${this.realm.replace(/["\\]|[^\x20-\x7e]/g, '')}"`;
    if (WITHOUT_ERROR.includes(code)) return challenge;
    return `${challenge}, error="${code === 'insufficient_scope' ? code : 'invalid_token'}"`;
  }
}
