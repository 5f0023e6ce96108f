import type { AuthEvents, Device, LimitedAction } from '../auth-event.js';
import type { AuthRequest } from '../auth-request.js';
import { callOf } from '../call.js';
import { AuthError } from '../errors/auth-error.js';
import { errorCode } from '../errors/error-codes.js';
import { httpStatusOf } from '../errors/http-status.js';
import { isMistake, rememberDetail, Trace } from '../errors/trace.js';
import { guardStore } from '../resilience/guarded-store.js';

/** An attempt of which nothing is counted or hashed yet. */
export interface ComingAttempt {
  readonly action: LimitedAction;
  /** `undefined` if the call came without `deviceOf(request)`. */
  readonly request: AuthRequest | undefined;
}

/** Lets an attempt pass by returning. Refuses it by throwing, or with `false`. */
export type BeforeAttempt = (attempt: ComingAttempt) => void | boolean | Promise<void> | Promise<boolean | undefined>;

/** @throws what refuses the attempt */
export type AttemptCheck = (action: LimitedAction, device: Device) => Promise<void>;

/**
 * Asks the app before each attempt. `AuthError`s and HTTP exceptions of the app go to the client. Whatever else it
 * throws, and silence, is a failure as one of a store: nobody gets in.
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

/** What a captcha's library answers with is often `{ success: false }`, which must not pass as something true. */
function assertAllowed(answer: unknown): void {
  if (answer === undefined || answer === true) return;
  if (answer === false) throw new AuthError('attempt_refused');
  throw new AuthError('contract_broken', {
    message: `beforeAttempt answered with ${answer === null ? 'null' : `a value of type ${typeof answer}`}; return nothing to let the attempt pass, or false to refuse it.`,
  });
}

/** Unlike in a store, a `SyntaxError` is an outage here: a vendor that is down answers with a page instead of JSON. */
function assertNoMistake(error: unknown): undefined {
  if (!isMistake(error)) return undefined;
  const cause = Trace.of(error);
  const trace = new Trace({ message: `AuthOptions.beforeAttempt failed with ${cause.summary}`, cause });
  rememberDetail(trace, error);
  throw new AuthError('store_unavailable', { retryAfter: 1, cause: trace });
}

/** Whether the app refused, and did not fail. */
function isRefusal(error: unknown): boolean {
  const status = error instanceof AuthError ? errorCode(error.code).status : httpStatusOf(error);
  return status !== undefined && status < 500;
}
