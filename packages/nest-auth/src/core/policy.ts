import 'reflect-metadata';
import { AuthError } from './auth-error.js';

/** Who may enter, before any requirement: anyone, anyone but with the caller known if there is one, or users only. */
export type Access = 'public' | 'optional' | 'authenticated';

/** A check of the app's own. Answering `false`, or throwing, refuses. */
export type Authorizer = (principal: never, context: never) => boolean | Promise<boolean>;

/** What one handler asks of its caller. Without a decorator: an authenticated user. */
export interface Policy {
  readonly access: Access;
  /** Passport strategies to try in order; without them, the access token. */
  readonly strategies?: readonly string[];
  readonly anyRole?: readonly string[];
  readonly allRoles?: readonly string[];
  readonly permissions?: readonly string[];
  readonly authorizers?: readonly Authorizer[];
}

type Word = Partial<Policy>;

export const POLICY = Symbol.for('acme/nest-auth:policy');

/** Adds one decorator's word to a class or a handler. Contradictions fail while the app is being loaded. */
export function declarePolicy(target: object, word: Word): void {
  const before: Word = Reflect.getOwnMetadata(POLICY, target) ?? {};
  const declared: Word = {
    ...before,
    ...word,
    ...(before.authorizers && word.authorizers ? { authorizers: [...before.authorizers, ...word.authorizers] } : {}),
  };
  for (const key of Object.keys(word) as (keyof Policy)[]) {
    if (key !== 'authorizers' && before[key] !== undefined) contradiction(target, `says ${key} twice`);
  }
  if (declared.access && declared.access !== 'authenticated' && hasRequirement(declared)) {
    contradiction(target, `is ${declared.access} and has requirements, which only an authenticated caller can meet`);
  }
  Reflect.defineMetadata(POLICY, declared, target);
}

function contradiction(target: object, what: string): never {
  const name = (target as { name?: string }).name || 'a handler';
  throw new AuthError('invalid_configuration', { message: `The policy of ${name} ${what}.` });
}

function hasRequirement(word: Word): boolean {
  return Boolean(word.anyRole ?? word.allRoles ?? word.permissions ?? word.authorizers);
}

const cache = new WeakMap<object, Map<object, Policy>>();

/**
 * The policy of a handler in its class; the one reading of the decorators. A handler's word beats its class's:
 * `@Public`, `@OptionalAuth` and `@Authenticated` on a handler set aside all that the class says; a requirement
 * (`@Roles` …) replaces the class's requirement of the same kind, leaves its others, and makes the route private.
 */
export function policyOf(handler: object, controller: object): Policy {
  let perController = cache.get(handler);
  let policy = perController?.get(controller);
  if (policy) return policy;
  perController ??= new Map();
  policy = resolve(handler, controller);
  perController.set(controller, policy);
  cache.set(handler, perController);
  return policy;
}

function resolve(handler: object, controller: object): Policy {
  const own: Word = Reflect.getOwnMetadata(POLICY, handler) ?? {};
  const inherited: Word = Reflect.getMetadata(POLICY, controller) ?? {};
  if (own.access) return Object.freeze({ ...own, access: own.access });
  const access = hasRequirement(own) ? 'authenticated' : (inherited.access ?? 'authenticated');
  return Object.freeze({ ...inherited, ...own, access });
}

/** The part of a caller that a policy looks at. Whatever it misses counts as having none. */
export interface Bearer {
  readonly roles?: readonly string[];
  readonly permissions?: readonly string[];
}

/** Whether a caller has the roles and permissions that a policy asks for. The policy's authorizers are not asked. */
export function satisfies(policy: Policy, caller: Bearer): boolean {
  const { anyRole, allRoles, permissions } = policy;
  if (anyRole === undefined && allRoles === undefined && permissions === undefined) return true;
  const roles = listOf(caller.roles);
  if (anyRole && !anyRole.some((role) => roles.includes(role))) return false;
  if (allRoles && !allRoles.every((role) => roles.includes(role))) return false;
  return !permissions || permissions.every((permission) => listOf(caller.permissions).includes(permission));
}

/** A string has `includes` too: a caller whose roles are `'administrator'` does not have the role `'admin'`. */
function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
