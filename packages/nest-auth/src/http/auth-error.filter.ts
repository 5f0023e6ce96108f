import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { of } from 'rxjs';
import { AuthError, type AuthErrorCode } from '../core/auth-error.js';
import { AuthException, logFailure } from './auth-exception.js';
import { StreamCallEnded } from './transports/message/grpc-stream-call.js';
import { Transports } from './transports/transports.js';

/** RFC 6750 §3: without credentials a challenge names no error. */
const WITHOUT_ERROR: readonly AuthErrorCode[] = ['missing_token', 'invalid_credentials'];

/** The realm of every challenge. */
export const REALM = Symbol.for('acme/nest-auth:realm');

/**
 * Answers with `{ statusCode, error, code, message }`, `WWW-Authenticate` (RFC 6750 §3) and `Retry-After`; in other
 * contexts than HTTP, in the shape that the transport has for errors.
 */
@Injectable()
@Catch(AuthError, AuthException, StreamCallEnded)
export class AuthErrorFilter implements ExceptionFilter<AuthError | AuthException | StreamCallEnded> {
  constructor(
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(REALM) private readonly realm: string,
    @Inject(Transports) private readonly transports: Transports,
  ) {}

  catch(thrown: AuthError | AuthException | StreamCallEnded, host: ArgumentsHost): unknown {
    if (thrown instanceof StreamCallEnded) return of(undefined);
    const exception = thrown instanceof AuthException ? thrown : new AuthException(thrown);
    logFailure(exception);
    return host.getType() === 'http' ? this.#reply(exception, host) : this.transports.answer(exception, host);
  }

  #reply(exception: AuthException, host: ArgumentsHost): void {
    const { error } = exception;
    const status = exception.getStatus();
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
