import type { ListedPolicy } from '@acme/nest-auth';

/** The parts of a policy that a caller may lack. */
export type Needs = Pick<ListedPolicy, 'anyRole' | 'allRoles' | 'permissions' | 'requirements' | 'authorizers'>;

/** What a policy requires of its caller, as phrases. */
export function phrasesOf({ anyRole, allRoles, permissions, requirements, authorizers }: Needs): string[] {
  return [
    ...(anyRole.length > 1 ? [`one of the roles ${anyRole.join(', ')}`] : named('role', anyRole)),
    ...named('role', allRoles),
    ...named('permission', permissions),
    ...requirements,
    ...(authorizers > 0 ? [authorizers === 1 ? 'a check of @Authorize' : `${authorizers} checks of @Authorize`] : []),
  ];
}

/** `the role admin`, `the roles admin, editor` */
export function named(noun: string, names: readonly string[]): string[] {
  if (names.length === 0) return [];
  return [`the ${noun}${names.length > 1 ? 's' : ''} ${names.join(', ')}`];
}

/** `a`, `a and b`, `a, b and c` */
export function listed(phrases: readonly string[]): string {
  return phrases.length < 2 ? phrases.join() : `${phrases.slice(0, -1).join(', ')} and ${phrases.at(-1)}`;
}
