import type { AuthEvents, Device, LimitedAction } from '../auth-event.js';
import type { AuthRequest } from '../auth-request.js';
import { callOf } from '../call.js';
import { AuthError } from '../errors/auth-error.js';
import { errorCode } from '../errors/error-codes.js';
import { httpStatusOf } from '../errors/http-status.js';
import { isMistake, rememberDetail, Trace } from '../errors/trace.js';
import { guardStore } from '../resilience/guarded-store.js';

/** An attempt before anything is counted or hashed. */
export interface ComingAttempt {
  readonly action: LimitedAction;
  /** `undefined` if the call came without `deviceOf(request)`. */
  readonly request: AuthRequest | undefined;
}

/** Allows an attempt by returning. Refuses it by throwing, or by returning `false`. */
export type BeforeAttempt = (attempt: ComingAttempt) => void | boolean | Promise<void> | Promise<boolean | undefined>;

/** @throws the error that refuses the attempt */
export type AttemptCheck = (action: LimitedAction, device: Device) => Promise<void>;

/**
 * Asks the app before each attempt. `AuthError`s and HTTP exceptions of the app go to the client. Any other error, or
 * no answer in time, counts as a failed store and refuses the attempt.
 * @param timeout in milliseconds
 */
export function attemptCheck(ask: BeforeAttempt, timeout: number, events: AuthEvents): AttemptCheck {
  const app = guardStore({ beforeAttempt: ask }, 'AuthOptions', timeout, {
    readings: { beforeAttempt: { answer: assertAllowed, rejection: assertNoMistake } },
  });
  return async (action, device) => {
    try {
      await app.beforeAttempt({ action, request: callOf(device)?.request as AuthRequest | undefined });
    } catch (error) {
      if (isRefusal(error)) events.emit('attempt_refused', { action, device });
      throw error;
    }
  };
}

/** Captcha libraries often return `{ success: false }`. Such a truthy answer must not allow the attempt. */
function assertAllowed(answer: unknown): void {
  if (answer === undefined || answer === true) return;
  if (answer === false) throw new AuthError('attempt_refused');
  throw new AuthError('contract_broken', {
    message: `beforeAttempt answered with ${answer === null ? 'null' : `a value of type ${typeof answer}`}; return nothing to let the attempt pass, or false to refuse it.`,
  });
}

/**
 * Unlike in a store, a `SyntaxError` is an outage here: a vendor that is down answers with an HTML page instead of
 * JSON.
 */
function assertNoMistake(error: unknown): undefined {
  if (!isMistake(error)) return undefined;
  const cause = Trace.of(error);
  const trace = new Trace({ message: `AuthOptions.beforeAttempt failed with ${cause.summary}`, cause });
  rememberDetail(trace, error);
  throw new AuthError('store_unavailable', { retryAfter: 1, cause: trace });
}

/** Whether the error is a refusal of the app and not a failure. */
function isRefusal(error: unknown): boolean {
  const status = error instanceof AuthError ? errorCode(error.code).status : httpStatusOf(error);
  return status !== undefined && status < 500;
}
