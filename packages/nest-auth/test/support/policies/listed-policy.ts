import type { ListedPolicy } from '@acme/nest-auth';

/** A listed policy that asks for a caller, and for what is given. */
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
