import {
  type AuthErrorCode,
  type CredentialDescription,
  JwtAuthGuard,
  LocalAuthGuard,
  type Policy,
  policyOf,
  RefreshAuthGuard,
  RolesGuard,
} from '@acme/nest-auth';
import { merged, type Refusals } from './refusals.js';
import type { Route } from './route-finder.js';

/** Alternatives. Each names the security schemes that are required together. */
export type Security = readonly Readonly<Record<string, readonly string[]>>[];

/** What a document says about who may call an operation. */
export interface Requirement {
  /** `undefined` if it is unknown whether the operation is private or public. */
  readonly security: Security | undefined;
  /** What a security requirement cannot express. */
  readonly notes: readonly string[];
  /** The codes of the guard's refusals, by status. */
  readonly refusals: Refusals;
  /** Whether the guard reads the access token. */
  readonly readsToken: boolean;
  /** Strategies without a declared security scheme. */
  readonly undeclared: readonly string[];
}

export interface Schemes {
  /** The names of the access token's schemes: one for each transport. */
  readonly access: readonly string[];
  /** The names of the document's schemes. */
  readonly declared: ReadonlySet<string>;
  /** The schemes of features' credentials, by the names of their strategies. */
  readonly credentials: ReadonlyMap<string, CredentialDescription | undefined>;
  /** Whether the app runs `JwtAuthGuard` before every handler. */
  readonly globalGuard: boolean;
}

const NOTHING: Requirement = { security: undefined, notes: [], refusals: {}, readsToken: false, undeclared: [] };
const OURS: readonly object[] = [RolesGuard, LocalAuthGuard, RefreshAuthGuard];
const TOKEN_REFUSED: readonly AuthErrorCode[] = ['invalid_token', 'token_expired', 'token_revoked'];

/** The requirement of one handler, or the strictest if several versions share an operation. */
export function requirementOf(routes: readonly Route[], schemes: Schemes): Requirement {
  const [first = NOTHING, ...others] = routes.map((route) => requirementOfOne(route, schemes));
  return others.reduce(strictest, first);
}

function requirementOfOne({ handler, controller }: Route, schemes: Schemes): Requirement {
  const policy = policyOf(handler, controller);
  const guards = guardsOf(handler, controller);
  const authenticated = schemes.globalGuard || guards.some((guard) => isA(guard, JwtAuthGuard));
  const decided = authenticated || guards.some((guard) => isA(guard, RolesGuard));
  if (!decided) return NOTHING;
  if (policy.access === 'public') {
    // The app's own guards may require something unknown.
    return { ...NOTHING, security: guards.every((guard) => OURS.some((our) => isA(guard, our))) ? [] : undefined };
  }
  const { strategies = ['jwt'] } = policy;
  const undeclared = authenticated ? strategies.filter((name) => schemesOf(name, schemes).length === 0) : [];
  return {
    security: authenticated ? securityOf(policy, schemes) : undefined,
    notes: notesOf(policy, undeclared),
    refusals: merged(refusalsOf(policy), ...strategies.map((name) => schemes.credentials.get(name)?.refusals ?? {})),
    readsToken: authenticated && strategies.includes('jwt'),
    undeclared,
  };
}

/** Nest keeps the guards of `@UseGuards` under this key, for a class as for a handler. */
function guardsOf(handler: object, controller: object): unknown[] {
  return [controller, handler].flatMap((target) => (Reflect.getMetadata('__guards__', target) as unknown[]) ?? []);
}

/** Guards are given as classes or as instances. */
function isA(guard: unknown, base: object): boolean {
  const type = typeof guard === 'function' ? guard : (guard as object | null)?.constructor;
  return type === base || (type?.prototype as unknown) instanceof (base as new () => object);
}

function schemesOf(strategy: string, { access, declared, credentials }: Schemes): readonly string[] {
  if (declared.has(strategy)) return [strategy];
  const credential = credentials.get(strategy);
  if (credential) return [credential.scheme];
  return strategy === 'jwt' ? access : [];
}

function securityOf({ access, strategies = ['jwt'] }: Policy, schemes: Schemes): Security | undefined {
  const names = strategies.flatMap((strategy) => schemesOf(strategy, schemes));
  if (names.length === 0) return undefined;
  return [...names.map((name) => ({ [name]: [] })), ...(access === 'optional' ? [{}] : [])];
}

function notesOf(
  { anyRole, allRoles, permissions, authorizers, requirements, strategies }: Policy,
  undeclared: readonly string[],
) {
  return [
    ...(undeclared.length > 0 ? [`Authenticated by: ${strategies?.join(' or ')}.`] : []),
    ...(anyRole ? [`Roles: ${anyRole.join(' or ')}.`] : []),
    ...(allRoles ? [`Roles: ${allRoles.join(' and ')}.`] : []),
    ...(permissions ? [`Permissions: ${permissions.join(' and ')}.`] : []),
    ...(requirements ?? []).map(({ name }) => `Needs ${name}.`),
    ...(authorizers ? ['A further check decides.'] : []),
  ];
}

const FORBIDDEN: Refusals = { 403: ['insufficient_scope'] };

function refusalsOf({ access, anyRole, allRoles, permissions, authorizers, requirements = [] }: Policy): Refusals {
  const token: Refusals = {
    401: [...(access === 'optional' ? [] : (['missing_token'] as const)), ...TOKEN_REFUSED],
    503: ['store_unavailable'],
  };
  const forbids = anyRole ?? allRoles ?? permissions ?? authorizers;
  return merged(token, ...requirements.map(({ refusals = FORBIDDEN }) => refusals), forbids ? FORBIDDEN : {});
}

/** If any of the handlers refuses a call, the operation must not look open. */
function strictest(one: Requirement, other: Requirement): Requirement {
  const same = one.notes.join() === other.notes.join();
  return {
    security: stricter(one, other),
    notes: same
      ? one.notes
      : [`Depends on the version: ${[one, other].map(({ notes }) => notes.join(' ') || '–').join(' | ')}`],
    refusals: merged(one.refusals, other.refusals),
    readsToken: one.readsToken || other.readsToken,
    undeclared: [...one.undeclared, ...other.undeclared],
  };
}

function stricter(one: Requirement, other: Requirement): Security | undefined {
  if (rank(one) !== rank(other)) return (rank(one) > rank(other) ? one : other).security;
  if (!one.security || !other.security) return undefined;
  return [...new Map([...one.security, ...other.security].map(keyed)).values()];
}

const keyed = (scheme: Security[number]): [string, Security[number]] => [JSON.stringify(scheme), scheme];

/** 0 public, 1 optional, 2 unknown, 3 private. */
function rank({ security }: Requirement): number {
  if (security === undefined) return 2;
  if (security.length === 0) return 0;
  return security.some((scheme) => Object.keys(scheme).length === 0) ? 1 : 3;
}
