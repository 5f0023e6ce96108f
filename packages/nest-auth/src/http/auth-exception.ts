import { STATUS_CODES } from 'node:http';
import { HttpException, Logger } from '@nestjs/common';
import { AuthError } from '../core/errors/auth-error.js';
import { hasBrand } from '../core/errors/branded.js';
import type { AuthErrorCode } from '../core/errors/error-codes.js';
import { errorCode } from '../core/errors/error-codes.js';
import { detailOf, Trace } from '../core/errors/trace.js';

const BRAND = Symbol.for('acme/nest-auth:AuthException');

/** What the library's guards throw: an HttpException that carries the `AuthError`. */
export class AuthException extends HttpException {
  constructor(readonly error: AuthError) {
    super(bodyOf(error), statusOf(error), { cause: error });
  }

  get code(): AuthErrorCode {
    return this.error.code;
  }

  /** Like the brand of `AuthError`, it makes `instanceof` work across the ESM and the CommonJS copy. */
  get [BRAND](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return this === AuthException ? hasBrand(value, BRAND) : Function.prototype[Symbol.hasInstance].call(this, value);
  }
}

/**
 * Makes every `AuthError` of the process an HttpException, with the status and body of its code. An app's own catch-all
 * filter checks `exception instanceof HttpException`, but the core, which creates the errors, must not import Nest.
 */
export function makeAuthErrorsHttpExceptions(): void {
  const base: object = Object.getPrototypeOf(AuthError.prototype);
  if (base instanceof HttpException) return;
  Object.setPrototypeOf(base, HttpException.prototype);
  Object.defineProperties(base, {
    getStatus: { value: getStatus, configurable: true, writable: true },
    getResponse: { value: getResponse, configurable: true, writable: true },
  });
}

function getStatus(this: AuthError): number {
  return statusOf(this);
}

function getResponse(this: AuthError): object {
  return bodyOf(this);
}

function statusOf({ code }: AuthError): number {
  return errorCode(code).status;
}

function bodyOf(error: AuthError): object {
  const statusCode = statusOf(error);
  // Mistakes in the app are described in its log only.
  const message = statusCode === 500 ? 'Internal server error' : error.message;
  const { code, field, maxAge } = error;
  return {
    ...{ statusCode, error: STATUS_CODES[statusCode], code, message },
    ...(field === undefined ? {} : { field }),
    ...(maxAge === undefined ? {} : { max_age: maxAge }),
  };
}

const logger = new Logger('AuthModule');

/** Logs a failure for the operators. A flood is one event: a line for each refusal would flood the log too. */
export function logFailure(exception: AuthException): void {
  if (exception.getStatus() < 500 || exception.code === 'overloaded') return;
  logger.error(...lineOf(exception.error));
}

/** A failure in one line of the log: what failed, how and where; outside production also the error's own message. */
export function lineOf({ code, message, cause }: AuthError): [line: string, stack?: string] {
  // The message of a 503 is for clients.
  const own = errorCode(code).status === 500 ? message : '';
  if (!(cause instanceof Trace)) return [own ? `${code}: ${own}` : code];
  const { owner, where } = cause;
  const what = `${cause.message || cause.summary}${owner ? ` (${owner})` : ''}${where ? `, at ${where}` : ''}`;
  const line = `${code}: ${own ? `${own} ` : ''}${what}`;
  const detail = detailOf(cause);
  return detail ? [line, detail] : [line];
}
