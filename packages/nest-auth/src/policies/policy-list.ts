import type { Access, Policy, PolicySource } from '../core/policy/policy.js';

/** What kind of call reaches a handler. */
export type HandlerCall = 'http' | 'graphql' | 'gateway' | 'message' | 'event' | 'grpc';

/** A policy as data: what `policyOf` says, with names in place of functions. */
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

/** A guard that Nest asks before a handler. */
export interface ListedGuard {
  readonly name: string;
  readonly scope: 'global' | 'controller' | 'method';
  /** Whether it refuses by the policy that is listed: `JwtAuthGuard`, `RolesGuard` and their subclasses do. */
  readonly enforces: boolean;
}

/** A path under which a method answers over HTTP. */
export interface HttpRoute {
  /** `'GET'`, or `'ALL'`. */
  readonly method: string;
  /** With the global prefix and the version of the URI. */
  readonly path: string;
  /** Those that are asked for by a header or a media type; `'neutral'` is any. `undefined` if versions do not matter. */
  readonly versions: readonly string[] | undefined;
  /** `undefined` if every host is answered. */
  readonly hosts: readonly string[] | undefined;
}

/** What a finding is about. Codes are stable, sentences are not. */
export type PolicyFindingCode =
  | 'public_write'
  | 'undeclared'
  | 'unknown_role'
  | 'unknown_permission'
  | 'guard_before'
  | 'not_guarded'
  | 'shadowed'
  | 'duplicate'
  | 'stale_entry';

/** Something about the policies of an app that a team should look at. */
export interface PolicyFinding {
  readonly code: PolicyFindingCode;
  /** The name of the handler; without one, it is about the whole app. */
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
   * `event user.created`, `grpc Notes/Find`. Unique, unless a route is there twice.
   */
  readonly name: string;
  /** Of `kind: 'http'`. */
  readonly route?: HttpRoute;
  readonly className: string;
  /** The method's name; `undefined` for a gateway that only sends. */
  readonly method: string | undefined;
  readonly policy: ListedPolicy;
  readonly source: PolicySource;
  /** In the order in which they are asked. */
  readonly guards: readonly ListedGuard[];
  /** Whether the library or a feature brings it. */
  readonly isOwn: boolean;
  readonly findings: readonly PolicyFinding[];
}

/** Every handler of an app with its policy. */
export interface PolicyList {
  /** In the order in which Nest registers them: HTTP first. */
  readonly entries: readonly PolicyEntry[];
  /** All findings: those of the entries, and those about the whole app. */
  readonly findings: readonly PolicyFinding[];
}

/** What a team expects of its policies; the option `policy` of the module has the same. */
export interface PolicyRules {
  /** Whether each handler must say who may call it. @default 'none' */
  readonly require?: 'explicit' | 'none';
  /** The names of handlers that may change something and be open, as the list has them. @default [] */
  readonly allowPublic?: readonly string[];
  /** The names of global guards that may be asked before ours, such as `'ThrottlerGuard'`. @default [] */
  readonly guardsBefore?: readonly string[];
  /** Every role that is ever granted. @default roles are not checked */
  readonly roles?: readonly string[];
  /** Every permission that is ever granted. @default permissions are not checked */
  readonly permissions?: readonly string[];
}

export function listed(policy: Policy): ListedPolicy {
  const { access, strategies = [], anyRole = [], allRoles = [], permissions = [] } = policy;
  const { requirements = [], authorizers = [] } = policy;
  const names = requirements.map(({ name }) => name);
  return { access, strategies, anyRole, allRoles, permissions, requirements: names, authorizers: authorizers.length };
}
