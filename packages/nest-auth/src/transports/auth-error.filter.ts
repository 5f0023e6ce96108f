import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Injectable } from '@nestjs/common';
import { of } from 'rxjs';
import { AuthError } from '../core/errors/auth-error.js';
import { AuthException, logFailure } from '../http/auth-exception.js';
import { StreamCallEnded } from './message/grpc-stream-call.js';
import { Transports } from './transports.js';

/**
 * Answers with `{ statusCode, error, code, message }`, `WWW-Authenticate` (RFC 6750 §3) and `Retry-After`; outside
 * HTTP, in the transport's own form for errors.
 */
@Injectable()
@Catch(AuthError, AuthException, StreamCallEnded)
export class AuthErrorFilter implements ExceptionFilter<AuthError | AuthException | StreamCallEnded> {
  constructor(@Inject(Transports) private readonly transports: Transports) {}

  catch(thrown: AuthError | AuthException | StreamCallEnded, host: ArgumentsHost): unknown {
    if (thrown instanceof StreamCallEnded) return of(undefined);
    const exception = thrown instanceof AuthException ? thrown : new AuthException(thrown);
    logFailure(exception);
    return this.transports.answer(exception, host);
  }
}
