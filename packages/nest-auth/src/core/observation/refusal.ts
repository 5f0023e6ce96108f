import { AuthError } from '../errors/auth-error.js';
import { errorCode } from '../errors/error-codes.js';
import { httpStatusOf } from '../errors/http-status.js';
import { Trace } from '../errors/trace.js';
import type { Refusal } from './observer.js';

/** What observers see of an error. Messages of other libraries are left out, because they quote queries and values. */
export function refusalFrom(error: unknown): Refusal {
  if (error instanceof AuthError) return { code: error.code, status: errorCode(error.code).status, error };
  const trace = Trace.of(error);
  return { code: trace.name, status: httpStatusOf(error) ?? 500, error: trace };
}
