import type { ListedPolicy } from '@acme/nest-auth';

/** A listed policy that requires a caller, and the given members. */
export function listedPolicy(policy: Partial<ListedPolicy> = {}): ListedPolicy {
  return {
    access: 'authenticated',
    strategies: [],
    anyRole: [],
    allRoles: [],
    permissions: [],
    requirements: [],
    authorizers: 0,
    ...policy,
  };
}
