import type { PasswordHasher } from '../../ports/password-hasher.js';
import { AuthError } from '../errors/auth-error.js';
import { concealService } from '../errors/conceal.js';
import { isMistake, rememberDetail, Trace } from '../errors/trace.js';
import { classOf } from './guarded-store.js';

/**
 * Wraps a hasher so that its errors contain no hash and its pepper cannot be inspected. Any error is a mistake in the
 * hasher, because the port requires `false` for a damaged hash.
 */
export function guardHasher(hasher: PasswordHasher): PasswordHasher {
  return concealService(hasher, (call, key) => {
    const fail = (error: unknown): never => {
      if (error instanceof AuthError) throw error;
      const cause = Trace.of(error);
      const message = `PasswordHasher.${String(key)} failed with ${cause.summary}`;
      const trace = new Trace({ message, owner: classOf(hasher), cause });
      if (isMistake(error)) rememberDetail(trace, error);
      throw new AuthError('contract_broken', { cause: trace });
    };
    try {
      const result = call();
      const isLater = typeof (Object(result) as { then?: unknown }).then === 'function';
      return isLater ? Promise.resolve(result).catch(fail) : result;
    } catch (error) {
      return fail(error);
    }
  });
}
