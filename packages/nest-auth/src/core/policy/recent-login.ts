import { AuthError } from '../errors/auth-error.js';
import { areMethods } from '../login-details.js';
import { type Duration, seconds } from '../time.js';
import { type Requirement, type RequirementTime, refuse } from './declared-policy.js';
import type { Principal } from './principal.js';

/** What a recent login must have proved. */
export interface RecentLoginOptions {
  /**
   * Required `amr` values, such as `['mfa']`: the login must have all of them. They have no times of their own.
   * @default any
   */
  readonly methods?: readonly string[];
}

/**
 * The requirement behind `@RequireRecent` (RFC 9470).
 * @throws AuthError `invalid_configuration` for an age that is 0 or an invalid duration, and for invalid methods
 */
export function recentLogin(age: Duration, { methods = [] }: RecentLoginOptions = {}): Requirement {
  const maxAge = maxAgeOf(age);
  const wanted = methodsOf(methods);
  const by = wanted.length > 0 ? ` by ${wanted.join(' and ')}` : '';
  const refusal = () =>
    new AuthError('insufficient_user_authentication', {
      message: `Prove again who you are: this needs a login of the last ${maxAge} seconds${by}.`,
      maxAge,
    });
  return {
    kind: 'recent-login',
    name: `a login of the last ${maxAge} seconds${by}`,
    refusals: { 401: ['insufficient_user_authentication'] },
    refusal: (caller, time) => (isRecent(caller, time, maxAge) && hasAll(caller, wanted) ? undefined : refusal()),
  };
}

/**
 * Negated comparisons would accept a caller without a time. A time in the future would stay recent for ever. 0 means
 * that the time is unknown, as for API keys and exchanged old tokens.
 */
function isRecent({ authenticatedAt }: Principal, { now, tolerance }: RequirementTime, maxAge: number): boolean {
  const age = now - authenticatedAt;
  return Number.isFinite(authenticatedAt) && authenticatedAt > 0 && age >= -tolerance && age <= maxAge + tolerance;
}

function hasAll({ methods }: Principal, wanted: readonly string[]): boolean {
  return wanted.every((method) => Array.isArray(methods) && methods.includes(method));
}

function maxAgeOf(age: Duration): number {
  try {
    const maxAge = seconds(age);
    if (maxAge > 0) return maxAge;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    refuse(`The age of @RequireRecent() ${error.message}.`);
  }
  return refuse('The age of @RequireRecent() is 0, which no login meets; write how old it may be, such as 5m.');
}

function methodsOf(methods: readonly string[]): readonly string[] {
  if (areMethods(methods)) return [...methods];
  return refuse('The methods of @RequireRecent() are not a list of amr values such as mfa, each of a-z, 0-9, _ and -.');
}
