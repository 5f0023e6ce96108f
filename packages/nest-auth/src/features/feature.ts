import type { InjectionToken, ModuleMetadata, Type } from '@nestjs/common';
import { AuthError } from '../core/errors/auth-error.js';
import { type AuthErrorCode, addErrorCodes, type ErrorCode } from '../core/errors/error-codes.js';
import type { LoginHooks } from '../core/login/login-hooks.js';
import type { Observer } from '../core/observation/observer.js';
import type { CredentialKind } from '../core/policy/principal.js';
import type { SessionHooks } from '../core/sessions/session-hooks.js';
import type { Duration } from '../core/time.js';
import { type Token, token } from '../core/token.js';
import type { TokenHooks } from '../core/tokens/token-hooks.js';
import type { Capabilities } from '../options/auth/capabilities.js';
import type { Table } from '../options/fields/field.js';
import type { FeatureRule } from '../options/option-reader.js';
import { isRecord, kindOf } from '../options/value-kind.js';

/**
 * What a feature may do beyond its routes: hook into logins, add claims, authenticate a further kind of credential, and
 * observe what the library does.
 */
export interface FeatureHooks extends LoginHooks, TokenHooks, SessionHooks {
  /** Opens the handlers that name it: `@Authenticated('jwt', 'api-key')`. */
  readonly credential?: CredentialKind;
  /** Sees each decision of the guards and each operation, for example to measure them. It cannot change them. */
  readonly observe?: Observer;
}

/** Builds the hooks from what they need. They may inject every service, `AuthService` too. */
export interface HooksFactory {
  readonly inject: readonly InjectionToken[];
  // biome-ignore lint/suspicious/noExplicitAny: as Nest's own factories
  readonly useFactory: (...dependencies: any[]) => FeatureHooks;
}

/** What an OpenAPI document says about a route of a feature, apart from who may call it. */
export interface RouteDescription {
  readonly summary: string;
  /** The HTTP status of the answer. */
  readonly status: number;
  readonly description: string;
  /** A JSON Schema. @default no body */
  readonly body?: Readonly<Record<string, unknown>>;
  /**
   * A JSON Schema, with `nullable: true` for values that may be `null`; `'tokens'` for the answer of a refresh,
   * `'login'` for that of a login, `'access'` for that of `AuthService.confirm`. @default no body
   */
  readonly answer?: Readonly<Record<string, unknown>> | 'tokens' | 'login' | 'access';
  readonly refusals?: Readonly<Record<number, readonly AuthErrorCode[]>>;
}

/**
 * A JSON Schema of an object, for a `RouteDescription`.
 * @param required names of properties. @default all
 */
export function objectSchema(properties: Readonly<Record<string, object>>, required = Object.keys(properties)) {
  return { type: 'object', properties, required };
}

/** An optional part of the library, or of an app: a value in the static `features` list of the module. */
export interface AuthFeature {
  /** Unique: the key of its options, and the `challenge` that it answers with. */
  readonly name: string;
  /** What no two features may own, such as a prefix of credentials: `'credential:nak_'`. @default [] */
  readonly claims?: readonly string[];
  /** Its error codes, by name; typed by augmenting `AuthErrorCodes`. */
  readonly codes?: Readonly<Record<string, ErrorCode>>;
  /** Its budgets for `Limits.take`, by name; typed by augmenting `LimitedActions`. */
  readonly limits?: Readonly<Record<string, { readonly points: number; readonly duration: Duration }>>;
  /** Its options: the app gives them under the feature's name. Type them by augmenting `AuthOptions`. @default none */
  readonly options?: Table;
  /** Rules about several of its options together. Boot reports broken rules with all other problems. @default nothing */
  readonly rules?: readonly FeatureRule<never>[];
  /** Missing capabilities fail at boot, by name. */
  readonly needs?: Capabilities;
  /**
   * Called once at boot. Returns why the app must not start, for example in production. Boot reports it with all other
   * problems.
   */
  readonly problem?: () => string | undefined;
  readonly imports?: ModuleMetadata['imports'];
  /** They answer below `routes.prefix`. */
  readonly controllers?: readonly Type[];
  /** They may inject every service of the library. */
  readonly providers?: ModuleMetadata['providers'];
  readonly exports?: ModuleMetadata['exports'];
  /** A provider of the feature's own, or a factory. */
  readonly hooks?: Type<FeatureHooks> | HooksFactory;
  /** For OpenAPI, by the controller's method. */
  readonly describe?: Readonly<Record<string, RouteDescription>>;
  /** Which routes are off, by the controller's method. @default all on */
  readonly routes?: Readonly<Record<string, boolean>>;
}

/** What an app can pass to every feature. */
export interface FeatureExtras {
  /** Turns single routes off, by the method of the feature's controller. @default all on */
  readonly routes?: Readonly<Record<string, boolean>>;
}

/**
 * Makes a feature. Its error codes are known from then on.
 * @returns a function for the app's `features: [pin()]`
 * @throws RangeError if an error code has another meaning already
 */
export function defineFeature(feature: Omit<AuthFeature, 'routes'>): (extras?: FeatureExtras) => AuthFeature {
  if (feature.codes) addErrorCodes(feature.codes);
  const make = (extras: FeatureExtras = {}) => {
    assertExtras(feature, extras);
    return { ...feature, routes: extras.routes === undefined ? {} : extras.routes };
  };
  // If an app forgets to call it, boot reports this name.
  return Object.defineProperty(make, 'name', { value: feature.name });
}

/** A misspelt switch would leave a route on. */
function assertExtras({ name, options }: Pick<AuthFeature, 'name' | 'options'>, extras: unknown): void {
  const refuse: (problem: string) => never = (problem) => {
    throw new AuthError('invalid_configuration', { message: `${name}() ${problem}` });
  };
  if (!isRecord(extras)) refuse(`was given ${kindOf(extras)}; pass an object, or nothing.`);
  const unknown = Object.keys(extras).find((key) => key !== 'routes');
  if (unknown === undefined) return;
  const isOption = options !== undefined && Object.hasOwn(options, unknown);
  const further = options ? ` here, and its other options beside userStore: ${name}: { … }` : '';
  const remedy = isOption ? `write it beside userStore: ${name}: { ${unknown}: … }` : `write routes${further}`;
  refuse(`has no option ${unknown}; ${remedy}.`);
}

/** The token under which a feature's own checked options are injected. */
export function featureSettings<T>(name: string): Token<T> {
  return token<T>(`feature:${name}`);
}

/** @throws AuthError `invalid_configuration` when two features have one name or claim the same thing */
export function assertDistinct(features: readonly AuthFeature[]): void {
  const owners = new Map<string, string>();
  for (const { name, claims = [], limits = {} } of features) {
    const limited = Object.keys(limits).map((limit) => `limit:${limit}`);
    for (const claim of [`name:${name}`, ...claims, ...limited]) {
      const owner = owners.get(claim);
      if (owner !== undefined) {
        throw new AuthError('invalid_configuration', {
          message:
            owner === name
              ? `features: '${name}' is listed twice; leave one of them out.`
              : `features: '${owner}' and '${name}' both claim ${claim}; leave one of them out.`,
        });
      }
      owners.set(claim, name);
    }
  }
}
