import { AuthError } from '../errors/auth-error.js';
import type { Clock } from '../time.js';
import { token } from '../token.js';
import type { Policy } from './declared-policy.js';
import type { Principal } from './principal.js';

/** The time source of a policy. Only requirements use it. */
export interface PolicyTime {
  readonly clock: Clock;
  /** In seconds. */
  readonly clockTolerance: number;
}
export const PolicyTime = token<PolicyTime>('PolicyTime');

/** The part of a caller that a policy reads. A missing list counts as empty. */
export interface Grants {
  readonly roles?: readonly string[];
  readonly permissions?: readonly string[];
}

/** Why a policy refuses a caller; `undefined` if it does not. It does not call the policy's authorizers. */
export function refusalOf(policy: Policy, caller: Grants, time: PolicyTime): AuthError | undefined {
  if (!grantsMeet(policy, caller)) return new AuthError('insufficient_scope');
  if (policy.requirements === undefined) return undefined;
  const moment = { now: Math.floor(time.clock() / 1000), tolerance: time.clockTolerance };
  for (const requirement of policy.requirements) {
    const refusal: unknown = requirement.refusal(caller as Principal, moment);
    // As for `@Authorize`, any answer of another type refuses, a promise included.
    if (refusal !== undefined) return refusal instanceof AuthError ? refusal : new AuthError('insufficient_scope');
  }
  return undefined;
}

/** Whether a caller has the roles and permissions that a policy requires. */
export function grantsMeet(policy: Policy, caller: Grants): boolean {
  const { anyRole, allRoles, permissions } = policy;
  if (anyRole === undefined && allRoles === undefined && permissions === undefined) return true;
  if (anyRole && !hasAny(listOf(caller.roles), anyRole)) return false;
  if (allRoles && !hasAll(listOf(caller.roles), allRoles)) return false;
  return !permissions || hasAll(listOf(caller.permissions), permissions);
}

// Loops instead of callbacks, because a new function for each call of the guard would be garbage.
function hasAny(owned: readonly unknown[], wanted: readonly string[]): boolean {
  for (const name of wanted) if (owned.includes(name)) return true;
  return false;
}

function hasAll(owned: readonly unknown[], wanted: readonly string[]): boolean {
  for (const name of wanted) if (!owned.includes(name)) return false;
  return true;
}

const NOTHING: readonly unknown[] = [];

/** A string has `includes` too: a caller whose roles are `'administrator'` does not have the role `'admin'`. */
function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : NOTHING;
}
