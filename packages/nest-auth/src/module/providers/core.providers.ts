import type { Provider } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { type AuthEventFields, AuthEvents } from '../../core/auth-event.js';
import { concealService } from '../../core/errors/conceal.js';
import { deriveKey } from '../../core/keys/secret.js';
import { AttemptLimit } from '../../core/limits/attempt-limit.js';
import { attemptCheck } from '../../core/limits/before-attempt.js';
import { Limits } from '../../core/limits/limits.js';
import { AuthService } from '../../core/login/auth-service.js';
import { Authenticator } from '../../core/login/authenticator.js';
import { Challenges } from '../../core/login/challenges.js';
import { Observation } from '../../core/observation/observation.js';
import { OneTimeTokens } from '../../core/one-time/one-time-token.js';
import { Questions } from '../../core/one-time/questions.js';
import { PasswordService } from '../../core/passwords/password-service.js';
import { RefreshTokenSeal } from '../../core/refresh-tokens/refresh-token.js';
import { BackgroundTasks } from '../../core/resilience/background-tasks.js';
import { guardHasher } from '../../core/resilience/guarded-hasher.js';
import { guardStore } from '../../core/resilience/guarded-store.js';
import { HashQueue } from '../../core/resilience/hash-queue.js';
import { RevocationFeed } from '../../core/revocation/revocation-feed.js';
import { Revocations } from '../../core/revocation/revocations.js';
import { LiveConnections } from '../../core/sessions/live-connections.js';
import { SessionService } from '../../core/sessions/session-service.js';
import { IdTokens } from '../../core/tokens/id-tokens.js';
import { TokenService } from '../../core/tokens/token-service.js';
import { TokenVerifier } from '../../core/tokens/token-verifier.js';
import { USER_STORE_READINGS } from '../../core/users/stored-user.js';
import { MAX_COOKIE_LENGTH } from '../../http/token-cookies.js';
import type { AuthSettings } from '../../options/auth/auth-settings.js';
import { CredentialStore } from '../../ports/credential-store.js';
import { EphemeralStore } from '../../ports/ephemeral-store.js';
import { Mailer } from '../../ports/mailer.js';
import { PasswordHasher } from '../../ports/password-hasher.js';
import { SessionStore } from '../../ports/session-store.js';
import { UserStore } from '../../ports/user-store.js';
import { AuthStatus, budgetsOf } from '../auth-status.js';
import { UserStoreCheck } from '../boot/user-store-check.js';
import { report, warnOfFailedStart, warnOfScheme } from '../log.js';
import { limitsOf } from './feature.providers.js';
import { orNull, provide } from './provide.js';
import { FEATURE_HOOKS, FEATURES, SETTINGS } from './tokens.js';

/** The stores and services, built only from the settings, in an order without cycles. */
export const CORE: Provider[] = [
  provide(UserStore, [SETTINGS, Observation], ({ userStore, storeTimeout }, observation) =>
    guardStore(userStore, 'UserStore', storeTimeout * 1000, { readings: USER_STORE_READINGS, observation }),
  ),
  provide(SessionStore, [SETTINGS, Observation], ({ sessionStore, storeTimeout }, observation) =>
    guardStore(sessionStore, 'SessionStore', storeTimeout * 1000, { observation }),
  ),
  provide(EphemeralStore, [SETTINGS, Observation], ({ ephemeralStore, storeTimeout }, observation) =>
    guardStore(ephemeralStore, 'EphemeralStore', storeTimeout * 1000, { observation }),
  ),
  provide(CredentialStore, [SETTINGS, Observation], ({ credentialStore, storeTimeout }, observation) =>
    guardStore(credentialStore, 'CredentialStore', storeTimeout * 1000, { observation }),
  ),
  UserStoreCheck,
  provide(Mailer, [SETTINGS], ({ mailer }) => (mailer ? concealService(mailer) : null)),
  provide(PasswordHasher, [SETTINGS], ({ password }) => guardHasher(password.hasher)),
  provide(Revocations, [SETTINGS, LiveConnections], (settings, connections) => {
    if (settings.revocation !== 'immediate') return null;
    const onSession = (sessionId: string) => connections.endSession(sessionId);
    const revocations = new Revocations(accessLifetime(settings), settings.clock, onSession);
    revocations.join(settings.sessionStore);
    return revocations;
  }),
  provide(
    RevocationFeed,
    [SETTINGS, SessionStore, orNull(Revocations)],
    (settings, store, revocations) =>
      revocations &&
      new RevocationFeed({
        store,
        watch: settings.sessionStore.watchRevocations?.bind(settings.sessionStore),
        revocations,
        lifetime: accessLifetime(settings),
        // A revocation is written within the store's timeout. Otherwise the caller got 503.
        overlap: settings.clockTolerance + settings.storeTimeout + 1,
        clock: settings.clock,
        onFailedStart: warnOfFailedStart,
      }),
  ),
  provide(HashQueue, [SETTINGS, AuthEvents, Observation], ({ password }, events, observation) => {
    const onOverload = (state: AuthEventFields['overloaded']) => events.emit('overloaded', state);
    return new HashQueue(password.concurrency, password.queue, onOverload, observation);
  }),
  provide(
    PasswordService,
    [SETTINGS, PasswordHasher, HashQueue, FEATURE_HOOKS, Observation],
    ({ password }, hasher, queue, hooks, observation) => {
      const { minLength, maxLength } = password;
      const accepts = password.accepts.map(guardHasher);
      return new PasswordService({
        hasher,
        accepts,
        queue,
        minLength,
        maxLength,
        hooks,
        onUnknownScheme: warnOfScheme,
        observation,
      });
    },
  ),
  provide(AttemptLimit, [SETTINGS, FEATURES, AuthEvents, Observation], (settings, features, events, observation) => {
    const timeout = settings.storeTimeout * 1000;
    const secret = deriveKey(settings.refreshSecrets[0] ?? '', 'attempt-limit');
    const { throttle, beforeAttempt } = settings;
    const check = beforeAttempt && attemptCheck(beforeAttempt, timeout, events);
    return new AttemptLimit({ ...throttle, further: limitsOf(features), check, timeout, secret, events, observation });
  }),
  provide(
    OneTimeTokens,
    [SETTINGS, EphemeralStore, UserStore],
    ({ refreshSecrets: [secret] }, store, users) =>
      new OneTimeTokens(store, users, deriveKey(secret ?? '', 'one-time')),
  ),
  provide(Questions, [OneTimeTokens, SETTINGS], (tokens, { clock }) => new Questions(tokens, clock)),
  provide(
    Challenges,
    [Questions, OneTimeTokens, UserStore, AttemptLimit],
    (questions, tokens, users, limit) => new Challenges(questions, tokens, users, limit),
  ),
  provide(IdTokens, [SETTINGS], ({ clock }) => new IdTokens(clock, (url, init) => fetch(url, init))),
  provide(Limits, [AttemptLimit], (attempts) => new Limits(attempts)),
  provide(BackgroundTasks, [], () => new BackgroundTasks(report)),
  provide(
    Authenticator,
    [SETTINGS, UserStore, PasswordService, AttemptLimit, AuthEvents, FEATURE_HOOKS, Observation],
    ({ loginField }, users, passwords, limit, events, hooks, observation) =>
      new Authenticator({ users, passwords, limit, events, hooks, loginField, observation }),
  ),
  provide(
    SessionService,
    [SETTINGS, SessionStore, UserStore, orNull(Revocations), AuthEvents, FEATURE_HOOKS, Observation],
    (settings, store, users, revocations, events, hooks, observation) =>
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
        hooks,
        observation,
      }),
  ),
  provide(
    TokenService,
    [SETTINGS, SessionService, orNull(Revocations), FEATURE_HOOKS],
    (settings, sessions, revocations, hooks) =>
      new TokenService({
        keys: settings.secrets.access,
        ttl: settings.ttl.access,
        issuer: settings.issuer,
        audience: settings.audience,
        clockTolerance: settings.clockTolerance,
        claims: settings.claims,
        hooks,
        clock: settings.clock,
        jws: new JwtService({}),
        // With `both`, a longer token may still be sent in a body.
        maxLength: settings.transport === 'cookie' ? MAX_COOKIE_LENGTH - settings.cookies.access.length : undefined,
        revocations: revocations ?? undefined,
        isLive: settings.revocation === 'eventual' ? undefined : (sessionId) => sessions.isLive(sessionId),
      }),
  ),
  provide(TokenVerifier, [TokenService], ({ verifier }) => verifier),
  provide(
    AuthStatus,
    [SETTINGS, FEATURES, TokenService, HashQueue, orNull(RevocationFeed), LiveConnections],
    (settings, features, tokens, queue, feed, connections) =>
      new AuthStatus({
        transport: settings.transport,
        features: features.map(({ name }) => name),
        budgets: budgetsOf(settings.throttle, limitsOf(features)),
        revocation: settings.revocation,
        tokens,
        queue,
        feed,
        connections,
      }),
  ),
  provide(
    AuthService,
    [
      ...([SETTINGS, UserStore, Authenticator, PasswordService, AttemptLimit, SessionService, TokenService] as const),
      ...([CredentialStore, BackgroundTasks, AuthEvents, FEATURE_HOOKS, Observation] as const),
    ],
    (
      settings,
      users,
      authenticator,
      passwords,
      limit,
      sessions,
      tokens,
      credentials,
      background,
      events,
      hooks,
      observation,
    ) => {
      const { loginField, register, clock } = settings;
      const stores = { users, sessions, credentials };
      const services = {
        ...stores,
        authenticator,
        passwords,
        limit,
        tokens,
        background,
        events,
        hooks,
        report,
        clock,
        observation,
      };
      return new AuthService({ ...services, loginField, defaultRoles: register.roles });
    },
  ),
];

/** In seconds. The issuing clock may be ahead, and a token is accepted for `clockTolerance` after its end. */
function accessLifetime({ ttl, clockTolerance }: AuthSettings): number {
  return ttl.access + 2 * clockTolerance;
}
