import { AuthError } from '../errors/auth-error.js';
import { Trace } from '../errors/trace.js';

/** What observers see of an error. The messages of others' errors quote queries and values. */
export function observableError(error: unknown): Error {
  return error instanceof AuthError ? error : Trace.of(error);
}
