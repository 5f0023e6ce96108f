import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { AuthError } from '../core/errors/auth-error.js';
import {
  type Authorizer,
  declareClassPolicy,
  declareMethodPolicy,
  type Policy,
  type Requirement,
} from '../core/policy/declared-policy.js';
import type { Permission, Principal, Role } from '../core/policy/principal.js';
import { type RecentLoginOptions, recentLogin } from '../core/policy/recent-login.js';
import type { Duration } from '../core/time.js';
import { callerOf } from '../transports/caller.js';

type PolicyDecorator = MethodDecorator & ClassDecorator;

function policy(declaration: Partial<Policy>): PolicyDecorator {
  return (target: object, name?: string | symbol, descriptor?: PropertyDescriptor) => {
    if (name === undefined) return declareClassPolicy(target, declaration);
    // A decorator that is called by hand may get no descriptor.
    declareMethodPolicy(target, name, descriptor ? descriptor.value : Reflect.get(target, name), declaration);
  };
}

function atLeastOne<T>(decorator: string, names: readonly T[]): readonly T[] {
  if (names.length > 0 && names.every((name) => typeof name === 'string' && name !== '')) return names;
  throw new AuthError('invalid_configuration', {
    message: `@${decorator}() names nothing, so it would let nobody or everybody in; name at least one.`,
  });
}

/** Anyone may call it; tokens are not read. */
export const Public = (): PolicyDecorator => policy({ access: 'public' });

/** Anyone may call it; `@CurrentUser()` is the caller, or `null` without a token. An invalid token is refused. */
export const OptionalAuth = (): PolicyDecorator => policy({ access: 'optional' });

/**
 * Every authenticated user may call it, even if the class asks for more.
 * @param strategies names of Passport strategies to try in order, and of features' credentials. @default the access token
 */
export const Authenticated = (...strategies: readonly string[]): PolicyDecorator =>
  policy({ access: 'authenticated', ...(strategies.length > 0 ? { strategies } : {}) });

/**
 * The caller must have one of these roles.
 *
 * @example
 * ```ts
 * @Roles('admin', 'editor')
 * @Delete(':id')
 * remove() {}
 * ```
 */
export const Roles = (...any: readonly Role[]): PolicyDecorator => policy({ anyRole: atLeastOne('Roles', any) });

/** The caller must have all of these roles. */
export const AllRoles = (...all: readonly Role[]): PolicyDecorator => policy({ allRoles: atLeastOne('AllRoles', all) });

/** The caller must have all of these permissions. */
export const Permissions = (...all: readonly Permission[]): PolicyDecorator =>
  policy({ permissions: atLeastOne('Permissions', all) });

/**
 * The caller must pass the app's own check. Any result but `true` refuses; an error of the check goes to the caller.
 *
 * @example
 * ```ts
 * @Authorize((caller, context) => caller.id === context.switchToHttp().getRequest().params.id)
 * ```
 */
export const Authorize = (
  check: (caller: Principal, context: ExecutionContext) => boolean | Promise<boolean>,
): PolicyDecorator => policy({ authorizers: [check as Authorizer] });

/**
 * A decorator for a requirement that a feature brings.
 *
 * @example
 * ```ts
 * const RequireVerifiedEmail = () => Require({ kind: 'verified-email', name: 'a verified e-mail address', refusal });
 * ```
 */
export const Require = (requirement: Requirement): PolicyDecorator => policy({ requirements: [requirement] });

/**
 * The caller must have logged in, or called `POST /auth/confirm`, within this time; others get 401
 * `insufficient_user_authentication` (RFC 9470). Refreshing does not count.
 * @param age `'5m'`, or a number of seconds
 * @throws AuthError `invalid_configuration` if the age is 0 or not a duration
 *
 * @example
 * ```ts
 * @RequireRecent('5m', { methods: ['mfa'] })
 * @Delete('account')
 * remove() {}
 * ```
 */
export const RequireRecent = (age: Duration, options?: RecentLoginOptions): PolicyDecorator =>
  Require(recentLogin(age, options));

/** Injects the `Principal`, or one of its properties; `null` if nobody is authenticated. */
export const CurrentUser: (key?: keyof Principal) => ParameterDecorator = createParamDecorator(
  (key: keyof Principal | undefined, context: ExecutionContext) => {
    const caller = callerOf(context) ?? null;
    return key === undefined || caller === null ? caller : (caller as Principal)[key];
  },
);
