import type { Access, Policy, PolicySource } from '../core/policy/policy.js';

/** The kind of call of a handler. */
export type HandlerCall = 'http' | 'graphql' | 'gateway' | 'message' | 'event' | 'grpc';

/** A policy as data: the result of `policyOf`, with names in place of functions. */
export interface ListedPolicy {
  readonly access: Access;
  /** Passport strategies and kinds of credentials, in their order. Empty: the access token. */
  readonly strategies: readonly string[];
  /** One of these roles is needed. */
  readonly anyRole: readonly string[];
  /** All of these roles are needed. */
  readonly allRoles: readonly string[];
  /** All of these permissions are needed. */
  readonly permissions: readonly string[];
  /** The names of the requirements that features bring, such as `'a login of the last 300 seconds'`. */
  readonly requirements: readonly string[];
  /** How many functions `@Authorize` names. */
  readonly authorizers: number;
}

/** A guard that Nest runs before a handler. */
export interface ListedGuard {
  readonly name: string;
  readonly scope: 'global' | 'controller' | 'method';
  /** Whether it enforces the listed policy, as `JwtAuthGuard`, `RolesGuard` and their subclasses do. */
  readonly enforces: boolean;
  /** Describes whom it lets in, if it is a feature's guard and the policy does not show it. */
  readonly letsIn?: string;
}

/** A path under which a method answers over HTTP. */
export interface HttpRoute {
  /** `'GET'`, or `'ALL'`. */
  readonly method: string;
  /** With the global prefix and the version of the URI. */
  readonly path: string;
  /** Versions by header or media type; `'neutral'` is any version. `undefined` if versions do not matter. */
  readonly versions: readonly string[] | undefined;
  /** `undefined` if it answers every host. */
  readonly hosts: readonly string[] | undefined;
}

/** The kind of a finding. Codes are stable, sentences are not. */
export type PolicyFindingCode =
  | 'public_write'
  | 'undeclared'
  | 'unknown_role'
  | 'unknown_permission'
  | 'guard_before'
  | 'not_guarded'
  | 'outside_guard'
  | 'shadowed'
  | 'duplicate'
  | 'stale_entry';

/** A likely mistake in the policies of an app. */
export interface PolicyFinding {
  readonly code: PolicyFindingCode;
  /** The name of the handler. Without a name, the finding is about the whole app. */
  readonly name?: string;
  /** What is wrong, as a sentence. */
  readonly message: string;
  /** What to do, as a sentence. */
  readonly remedy: string;
}

/** A handler of the app, and who may call it. */
export interface PolicyEntry {
  readonly kind: HandlerCall;
  /**
   * How it is called: `GET /v1/notes/:id`, `Query notes`, `ws /chat message send`, `pattern {"cmd":"sum"}`,
   * `event user.created`, `grpc Notes/Find`. Unique, unless a route is registered twice.
   */
  readonly name: string;
  /** Only for `kind: 'http'`. */
  readonly route?: HttpRoute;
  readonly className: string;
  /** The method's name; `undefined` for a gateway that only sends. */
  readonly method: string | undefined;
  readonly policy: ListedPolicy;
  readonly source: PolicySource;
  /** In the order in which they run. */
  readonly guards: readonly ListedGuard[];
  /** Whether everybody may call it: its policy says so, or no guard enforces its policy. */
  readonly isOpen: boolean;
  /** Whether the library or a feature brings it. */
  readonly isOwn: boolean;
  readonly findings: readonly PolicyFinding[];
}

/** A method and a path of Express or Fastify. */
export interface AnsweredRoute {
  /** `'GET'`, or `'ALL'`. */
  readonly method: string;
  readonly path: string;
}

/** A route that Express or Fastify answers by itself, such as the pages of Swagger. No guard of Nest runs. */
export interface OutsideRoute extends AnsweredRoute {
  /** `GET /api` */
  readonly name: string;
}

/** Every handler of an app with its policy. */
export interface PolicyList {
  /** In the order in which Nest registers them: HTTP first. */
  readonly entries: readonly PolicyEntry[];
  /**
   * The routes that main.ts, modules and plugins have added to Express or Fastify so far. They are not part of the
   * lockfile, because they depend on which code has run.
   */
  readonly outside: readonly OutsideRoute[];
  /** All findings: about the entries, the routes outside, and the whole app. */
  readonly findings: readonly PolicyFinding[];
}

/** What a team expects of its policies. The option `policy` of the module has the same fields. */
export interface PolicyRules {
  /** Whether each handler must say who may call it. @default 'none' */
  readonly require?: 'explicit' | 'none';
  /** Names of public handlers that may change something, as in the list. @default [] */
  readonly allowPublic?: readonly string[];
  /**
   * Names of the intended routes outside of the guard, as in the list. A name that ends with `*` covers all names with
   * that beginning. @default []
   */
  readonly allowOutside?: readonly string[];
  /** Class names of global guards that may run before `JwtAuthGuard`, such as `'ThrottlerGuard'`. @default [] */
  readonly guardsBefore?: readonly string[];
  /** Every role that users can have. @default roles are not checked */
  readonly roles?: readonly string[];
  /** Every permission that users can have. @default permissions are not checked */
  readonly permissions?: readonly string[];
}

/** What decides whether a policy is enforced. */
export type Guarded = Pick<PolicyEntry, 'name' | 'policy' | 'guards'>;

/** Whether a guard enforces the policy of a handler. A public handler needs no guard. */
export function isEnforced({ policy, guards }: Pick<PolicyEntry, 'policy' | 'guards'>): boolean {
  return policy.access === 'public' || guards.some(({ enforces }) => enforces);
}

/** GraphQL runs no guard for a field, unless an option says so. */
export function isLeftToQuery({ name, guards }: Pick<PolicyEntry, 'name' | 'guards'>): boolean {
  return guards.length === 0 && /^(?:Field|Reference) /.test(name);
}

/** Whom the guards of features let in, in words. */
export function letIn({ guards }: Pick<PolicyEntry, 'guards'>): string[] {
  return guards.flatMap(({ letsIn }) => letsIn ?? []);
}

/** Whether everybody may call a handler. */
export function isOpenToAll(entry: Guarded): boolean {
  if (isLeftToQuery(entry) || letIn(entry).length > 0) return false;
  return entry.policy.access !== 'authenticated' || !isEnforced(entry);
}

export function listed(policy: Policy): ListedPolicy {
  const { access, strategies = [], anyRole = [], allRoles = [], permissions = [] } = policy;
  const { requirements = [], authorizers = [] } = policy;
  const names = requirements.map(({ name }) => name);
  return { access, strategies, anyRole, allRoles, permissions, requirements: names, authorizers: authorizers.length };
}
