import type { INestApplicationContext } from '@nestjs/common';
import { AuthError } from '../core/errors/auth-error.js';
import { type AuthErrorCode, authErrorCodes, errorCode } from '../core/errors/error-codes.js';
import type { RegistrationSchema } from '../core/login/registration-schema.js';
import type { CredentialDescription } from '../core/policy/principal.js';
import type { AuthFeature, FeatureHooks, RouteDescription } from '../features/feature.js';
import type { TokenTransport } from '../http/access-token.js';
import { isMemoryStore } from '../memory/memory-store.js';
import type { AuthSettings } from '../options/auth/auth-settings.js';
import { AuthController } from '../routes/auth.controller.js';
import { JwksController } from '../routes/jwks.controller.js';
import { FEATURE_HOOKS, FEATURES, SETTINGS } from './providers/tokens.js';

type StorePort = 'userStore' | 'sessionStore' | 'ephemeralStore' | 'credentialStore';

/** What a document about an app needs to know about its `AuthModule`. It contains no secret. */
export interface AuthDescription {
  /** The login's name in bodies and answers. */
  readonly loginField: string;
  /** The names of the token fields in bodies and answers. */
  readonly tokenFields: AuthSettings['tokenFields'];
  /** In characters. */
  readonly password: { readonly minLength: number; readonly maxLength: number };
  readonly registrationSchema: RegistrationSchema | undefined;
  readonly transport: TokenTransport;
  /** The names of the cookies with the tokens. */
  readonly cookies: { readonly access: string; readonly refresh: string };
  /** The kinds of credentials that features add, by their names in `@Authenticated(…)`. */
  readonly credentials: ReadonlyMap<string, CredentialDescription | undefined>;
  /** Whether a feature may answer a login with a challenge. */
  readonly challenges: boolean;
  /** Whether a feature may delay a registration. */
  readonly pendingRegistrations: boolean;
  /** The codes with which features may refuse a chosen password. */
  readonly passwordCodes: readonly AuthErrorCode[];
  /** The lifetimes, in seconds. */
  readonly ttl: AuthSettings['ttl'];
  /** The class of each store, and whether its data is lost when the process ends. */
  readonly stores: Readonly<Record<StorePort, { readonly name: string; readonly inMemory: boolean }>>;
  /** The names of the features. */
  readonly features: readonly string[];
  /** Whether the app's `beforeAttempt` may refuse attempts. */
  readonly refusesAttempts: boolean;
  /** Every code that a refusal can have. */
  readonly errorCodes: readonly AuthErrorCode[];
  /** Which of the library's routes (`'login'`, `'me'` …) a controller's method is; `undefined` for the app's own. */
  routeOf(controller: object, method: string): string | undefined;
  /** What a feature says about a route of its own; `undefined` for any other. */
  featureRouteOf(controller: object, method: string): RouteDescription | undefined;
}

/**
 * Describes the `AuthModule` of an app, for tools that document its routes.
 * @throws AuthError `invalid_configuration` when the app has none
 */
export function describeAuth(app: INestApplicationContext): AuthDescription {
  const settings = settingsOf(app);
  const { loginField, tokenFields, password, register, transport, cookies, ttl, beforeAttempt } = settings;
  const features = app.get<readonly AuthFeature[]>(FEATURES, { strict: false });
  const hooks = app.get<readonly FeatureHooks[]>(FEATURE_HOOKS, { strict: false });
  return {
    loginField,
    tokenFields,
    password: { minLength: password.minLength, maxLength: password.maxLength },
    registrationSchema: register.schema,
    transport,
    cookies: { access: cookies.access, refresh: cookies.refresh },
    credentials: new Map(
      hooks.flatMap(({ credential }) => (credential ? [[credential.name, credential.openapi] as const] : [])),
    ),
    challenges: hooks.some(({ beforeSession }) => beforeSession !== undefined),
    pendingRegistrations: hooks.some((hook) => (hook.holdRegistration ?? hook.onRegistration) !== undefined),
    passwordCodes: hooks
      .filter(({ beforePassword }) => beforePassword !== undefined)
      .flatMap(({ feature }) => Object.keys(features.find(({ name }) => name === feature)?.codes ?? {}))
      .filter((code): code is AuthErrorCode => errorCode(code).status === 400),
    ttl,
    stores: storesOf(settings),
    features: features.map(({ name }) => name),
    refusesAttempts: beforeAttempt !== undefined,
    errorCodes: authErrorCodes(),
    routeOf: (controller, method) => (isOurs(controller) ? method : undefined),
    featureRouteOf: (controller, method) => features.find((feature) => isOf(feature, controller))?.describe?.[method],
  };
}

function settingsOf(app: INestApplicationContext): AuthSettings {
  try {
    return app.get<AuthSettings>(SETTINGS, { strict: false });
  } catch (cause) {
    throw new AuthError('invalid_configuration', { message: 'This app does not import AuthModule.', cause });
  }
}

function storesOf({ userStore, sessionStore, ephemeralStore, credentialStore }: AuthSettings) {
  const described = (store: object) => ({ name: store.constructor.name, inMemory: isMemoryStore(store) });
  return {
    userStore: described(userStore),
    sessionStore: described(sessionStore),
    ephemeralStore: described(ephemeralStore),
    credentialStore: described(credentialStore),
  };
}

function isOf({ controllers = [] }: AuthFeature, controller: object): boolean {
  const { prototype } = controller as { readonly prototype?: unknown };
  return controllers.some((own) => own === controller || prototype instanceof own);
}

function isOurs(controller: object): boolean {
  const { prototype } = controller as { readonly prototype?: unknown };
  return prototype instanceof AuthController || controller === JwksController;
}
