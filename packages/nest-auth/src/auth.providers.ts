import { type InjectionToken, Logger, type Provider } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { AuthSettings } from './auth.settings.js';
import { FINGERPRINT } from './boot/strategy-conflicts.js';
import { TokenService } from './core/access-token.js';
import { readAppAnswer } from './core/app-answer.js';
import { AttemptLimit } from './core/attempt-limit.js';
import { AuthError } from './core/auth-error.js';
import { AuthEvents } from './core/auth-event.js';
import { AuthService } from './core/auth-service.js';
import { Authenticator } from './core/authenticator.js';
import { concealService } from './core/conceal.js';
import type { UnknownScheme } from './core/hash-scheme.js';
import { LiveConnections } from './core/live-connections.js';
import { OneTimeTokens } from './core/one-time-token.js';
import { PasswordService } from './core/password.js';
import { guardHasher } from './core/resilience/guarded-hasher.js';
import { guardStore } from './core/resilience/guarded-store.js';
import { HashQueue } from './core/resilience/hash-queue.js';
import { SessionService } from './core/session.js';
import { USER_STORE_READINGS } from './core/stored-user.js';
import { fingerprintOf } from './core/tokens/key-fingerprint.js';
import { readKeys } from './core/tokens/key-ring.js';
import { RefreshTokenSeal } from './core/tokens/refresh-token.js';
import { RevocationFeed } from './core/tokens/revocation-feed.js';
import { Revocations } from './core/tokens/revocations.js';
import { deriveKey } from './core/tokens/secret.js';
import { TokenVerifier } from './core/tokens/token-verifier.js';
import { Trace } from './core/trace.js';
import type { FeatureHooks } from './features/feature.js';
import { UserPresenter } from './http/auth.controller.js';
import { RegistrationReader } from './http/auth.dto.js';
import { lineOf } from './http/auth-exception.js';
import { JwtStrategy } from './http/jwt.strategy.js';
import { LOGIN_FIELD, LocalAuthGuard, LocalStrategy } from './http/local.strategy.js';
import { OWN_STRATEGIES } from './http/passport-strategy.js';
import { RefreshAuthGuard, RefreshStrategy } from './http/refresh.strategy.js';
import { EphemeralStore } from './ports/ephemeral-store.js';
import { Mailer } from './ports/mailer.js';
import { PasswordHasher } from './ports/password-hasher.js';
import { SessionStore } from './ports/session-store.js';
import { UserStore } from './ports/user-store.js';
import { UserStoreCheck } from './user-store.check.js';

/** The checked options. */
export const SETTINGS = Symbol.for('acme/nest-auth:settings');
/** The hooks of all features, in their order. */
export const FEATURE_HOOKS = Symbol.for('acme/nest-auth:feature-hooks');

/** Built from the settings alone, in an order that needs no cycle. */
export const CORE: Provider[] = [
  fromSettings(UserStore, ({ userStore, storeTimeout }) =>
    guardStore(userStore, 'UserStore', storeTimeout * 1000, undefined, USER_STORE_READINGS),
  ),
  fromSettings(SessionStore, ({ sessionStore, storeTimeout }) =>
    guardStore(sessionStore, 'SessionStore', storeTimeout * 1000),
  ),
  fromSettings(EphemeralStore, ({ ephemeralStore, storeTimeout }) =>
    guardStore(ephemeralStore, 'EphemeralStore', storeTimeout * 1000),
  ),
  UserStoreCheck,
  fromSettings(Mailer, ({ mailer }) => (mailer ? concealService(mailer) : null)),
  fromSettings(PasswordHasher, ({ password }) => guardHasher(password.hasher)),
  {
    provide: Revocations,
    inject: [SETTINGS, LiveConnections],
    useFactory: (settings: AuthSettings, connections: LiveConnections) => {
      if (settings.revocation !== 'immediate') return null;
      const onSession = (sessionId: string) => connections.endSession(sessionId);
      const revocations = new Revocations(accessLifetime(settings), settings.clock, onSession);
      revocations.join(settings.sessionStore);
      return revocations;
    },
  },
  {
    provide: RevocationFeed,
    inject: [SETTINGS, SessionStore, Revocations],
    useFactory: (settings: AuthSettings, store: SessionStore, revocations: Revocations | null) =>
      revocations &&
      new RevocationFeed({
        store,
        watch: settings.sessionStore.watchRevocations?.bind(settings.sessionStore),
        revocations,
        lifetime: accessLifetime(settings),
        // A store that takes longer than its timeout to write has not revoked anything: the caller got 503.
        overlap: settings.clockTolerance + settings.storeTimeout + 1,
        clock: settings.clock,
        onFailedStart: warnOfFailedStart,
      }),
  },
  {
    provide: PasswordService,
    inject: [SETTINGS, PasswordHasher, AuthEvents],
    useFactory: ({ password }: AuthSettings, hasher: PasswordHasher, events: AuthEvents) => {
      const queue = new HashQueue(password.concurrency, password.queue, (state) => events.emit('overloaded', state));
      const { minLength, maxLength } = password;
      const accepts = password.accepts.map(guardHasher);
      return new PasswordService({ hasher, accepts, queue, minLength, maxLength, onUnknownScheme: warnOfScheme });
    },
  },
  {
    provide: AttemptLimit,
    inject: [SETTINGS, AuthEvents],
    useFactory: ({ throttle, storeTimeout, refreshSecrets: [secret] }: AuthSettings, events: AuthEvents) =>
      new AttemptLimit({
        ...throttle,
        timeout: storeTimeout * 1000,
        secret: deriveKey(secret ?? '', 'attempt-limit'),
        events,
      }),
  },
  {
    provide: OneTimeTokens,
    inject: [SETTINGS, EphemeralStore],
    useFactory: ({ refreshSecrets: [secret] }: AuthSettings, store: EphemeralStore) =>
      new OneTimeTokens(store, deriveKey(secret ?? '', 'one-time')),
  },
  {
    provide: Authenticator,
    inject: [SETTINGS, UserStore, PasswordService, AttemptLimit, AuthEvents],
    useFactory: (
      { loginField }: AuthSettings,
      users: UserStore,
      passwords: PasswordService,
      limit: AttemptLimit,
      events: AuthEvents,
    ) => new Authenticator({ users, passwords, limit, events, loginField }),
  },
  {
    provide: SessionService,
    inject: [SETTINGS, SessionStore, UserStore, Revocations, AuthEvents],
    useFactory: (
      settings: AuthSettings,
      store: SessionStore,
      users: UserStore,
      revocations: Revocations | null,
      events: AuthEvents,
    ) =>
      new SessionService({
        store,
        users,
        seal: new RefreshTokenSeal(settings.refreshSecrets),
        revocations: revocations ?? undefined,
        events,
        clock: settings.clock,
        ttl: settings.ttl,
        accessLifetime: accessLifetime(settings),
        limit: settings.sessions,
      }),
  },
  {
    provide: TokenService,
    inject: [SETTINGS, SessionService, Revocations],
    useFactory: (settings: AuthSettings, sessions: SessionService, revocations: Revocations | null) =>
      new TokenService({
        keys: settings.secrets.access,
        ttl: settings.ttl.access,
        issuer: settings.issuer,
        audience: settings.audience,
        clockTolerance: settings.clockTolerance,
        claims: settings.claims,
        clock: settings.clock,
        jws: new JwtService({}),
        revocations: revocations ?? undefined,
        isLive: settings.revocation === 'eventual' ? undefined : (sessionId) => sessions.isLive(sessionId),
      }),
  },
  { provide: TokenVerifier, inject: [TokenService], useFactory: ({ verifier }: TokenService) => verifier },
  {
    provide: AuthService,
    inject: [
      SETTINGS,
      UserStore,
      Authenticator,
      PasswordService,
      AttemptLimit,
      SessionService,
      TokenService,
      AuthEvents,
      FEATURE_HOOKS,
    ],
    useFactory: (
      settings: AuthSettings,
      users: UserStore,
      authenticator: Authenticator,
      passwords: PasswordService,
      limit: AttemptLimit,
      sessions: SessionService,
      tokens: TokenService,
      events: AuthEvents,
      hooks: readonly FeatureHooks[],
    ) =>
      new AuthService({
        users,
        authenticator,
        passwords,
        limit,
        sessions,
        tokens,
        events,
        defaultRoles: settings.register.roles,
        loginField: settings.loginField,
        hooks,
        report,
      }),
  },
];

/** What the routes need beyond the guards. */
export const ROUTES: Provider[] = [
  fromSettings(LOGIN_FIELD, ({ loginField }) => loginField),
  fromSettings(RegistrationReader, ({ loginField, register }) => new RegistrationReader(loginField, register.schema)),
  fromSettings(UserPresenter, presenter),
  LocalStrategy,
  RefreshStrategy,
  {
    provide: OWN_STRATEGIES,
    inject: [JwtStrategy, LocalStrategy, RefreshStrategy],
    useFactory: (jwt: JwtStrategy, local: LocalStrategy, refresh: RefreshStrategy) => ({ jwt, local, refresh }),
  },
  fromSettings(FINGERPRINT, ({ secrets, issuer, audience }) =>
    fingerprintOf(readKeys(secrets.access).ring, issuer, ...audience),
  ),
  LocalAuthGuard,
  RefreshAuthGuard,
];

export function fromSettings<T>(provide: InjectionToken, make: (settings: AuthSettings) => T): Provider {
  return { provide, inject: [SETTINGS], useFactory: make };
}

/** In seconds. A token comes from a clock that may be ahead, and is accepted for as long after its end. */
function accessLifetime({ ttl, clockTolerance }: AuthSettings): number {
  return ttl.access + 2 * clockTolerance;
}

function warnOfFailedStart(reason: string): void {
  new Logger('AuthModule').warn(
    `Revocations could not be read: ${reason}. Until they can be, access tokens are answered with 503. ` +
      "If tables are missing, apply the migration of the store's adapter to the database that the app connects to.",
  );
}

/** An allow-list: what an app's user carries beyond this is shown only by `profile`. */
function presenter({ loginField, profile }: AuthSettings): UserPresenter {
  return (user) => ({
    ...readAppAnswer(profile?.(user), user, 'profile(user)'),
    id: user.id,
    [loginField]: user.login,
    roles: user.roles,
    ...(user.permissions ? { permissions: user.permissions } : {}),
  });
}

/** For failures that can no longer change an answer. */
export function report(error: unknown): void {
  const [line, ...stack] = error instanceof AuthError ? lineOf(error) : [Trace.of(error).summary];
  new Logger('AuthModule').error(`Something behind a request failed: ${line}`, ...stack);
}

function warnOfScheme({ family, remedy }: UnknownScheme): void {
  new Logger('AuthModule').warn(
    `There are stored password hashes ${family}: nobody who has one can log in. ${remedy}. This is said once.`,
  );
}
