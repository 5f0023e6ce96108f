import type { AuthDescription, AuthErrorCode } from '@acme/nest-auth';
import type { Refusals } from './refusals.js';

/** The refusals that options and features of the app add to those of a route. */
export function addedRefusals(refusals: Refusals, auth: AuthDescription): Refusals {
  const has = (code: AuthErrorCode) => Object.values(refusals).some((codes) => codes.includes(code));
  const added: Record<number, readonly AuthErrorCode[]> = {};
  if (auth.passwordCodes.length > 0 && has('password_too_common')) added[400] = auth.passwordCodes;
  if (auth.refusesAttempts && has('too_many_attempts')) added[403] = ['attempt_refused'];
  return added;
}
