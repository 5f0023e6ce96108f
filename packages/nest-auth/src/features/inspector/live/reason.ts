import type { ListedPolicy } from '@acme/nest-auth';
import { listed, type Needs, named, phrasesOf } from '../needs.js';
import type { ShownCaller } from '../wire.js';

export interface Refused {
  readonly code: string;
  /** The refusal's own words, for codes that are not explained here. `undefined` for the app's own errors. */
  readonly message: string | undefined;
  /** The message, if it says more than the code. */
  readonly hint: string | undefined;
  /** `GET /notes` */
  readonly call: string;
  /** `NotesController.list` */
  readonly handler: string;
  readonly policy: ListedPolicy | undefined;
  readonly caller: ShownCaller | null;
}

const EXPLAINED: Readonly<Record<string, (refused: Refused) => string>> = {
  missing_token: ({ call, policy, hint }) => {
    if (hint) return hint;
    const others = (policy?.strategies ?? []).filter((name) => name !== 'jwt');
    const missing =
      others.length === 0
        ? 'No access token came'
        : `No credentials for ${(policy?.strategies ?? []).join(' or ')} were sent`;
    return `${missing}, and ${call} needs a login.`;
  },
  invalid_token: ({ hint }) =>
    hint ??
    'The access token is not valid here: it was changed, signed by another key, or made for another app or purpose.',
  token_expired: () => 'The access token has expired. A refresh brings the next one.',
  token_revoked: () => 'The session of the access token has ended, by a logout or a password change for example.',
  insufficient_scope: lacking,
  insufficient_user_authentication: ({ call, policy }) =>
    `${call} needs ${listed(policy?.requirements ?? []) || 'a recent login'}, and the caller's login is too old or lacks a method.`,
  cross_site_request: () =>
    'The request has cookies and came from a page of another origin, or does not say from which page it came.',
  unsupported_context: ({ call }) =>
    `The library cannot authenticate ${call}: its transport is unknown, or its connection cannot be traced.`,
  store_unavailable: () =>
    'A store did not answer, so the caller could not be checked. The request itself may be right.',
};

/** Why a call was refused, as a sentence for developers. */
export function whyRefused(refused: Refused): string {
  const explain = Object.hasOwn(EXPLAINED, refused.code) ? EXPLAINED[refused.code] : undefined;
  if (explain) return explain(refused);
  return refused.message ?? `A check of the app before ${refused.handler} failed with ${refused.code}.`;
}

function lacking({ call, handler, policy, caller }: Refused): string {
  if (!policy) return `The caller may not use ${call}.`;
  const missing = phrasesOf(lackedBy(policy, caller));
  if (missing.length > 0)
    return `${call} needs ${listed(missing)}, and the caller has ${listed(holdingsOf(policy, caller))}.`;
  if (policy.authorizers > 0) return `A check of @Authorize before ${handler} refused the caller.`;
  if (policy.requirements.length > 0) return `${call} needs ${listed(policy.requirements)}, which the caller lacks.`;
  return `A guard of the app refused the caller of ${call}.`;
}

function lackedBy({ anyRole, allRoles, permissions }: ListedPolicy, caller: ShownCaller | null): Needs {
  const { roles = [], permissions: held = [] } = caller ?? {};
  return {
    anyRole: anyRole.some((role) => roles.includes(role)) ? [] : anyRole,
    allRoles: allRoles.filter((role) => !roles.includes(role)),
    permissions: permissions.filter((permission) => !held.includes(permission)),
    requirements: [],
    authorizers: 0,
  };
}

/** The caller's roles and permissions, if the policy requires some. */
function holdingsOf({ anyRole, allRoles, permissions }: ListedPolicy, caller: ShownCaller | null): string[] {
  const asksForRoles = anyRole.length + allRoles.length > 0;
  return [
    ...(asksForRoles ? orNone('role', caller?.roles ?? []) : []),
    ...(permissions.length > 0 ? orNone('permission', caller?.permissions ?? []) : []),
  ];
}

function orNone(noun: string, names: readonly string[]): string[] {
  return names.length === 0 ? [`no ${noun}`] : named(noun, names);
}
