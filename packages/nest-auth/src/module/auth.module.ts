import {
  type DynamicModule,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { conceal, reveal } from '../core/errors/conceal.js';
import { Limits } from '../core/limits/limits.js';
import { AuthService } from '../core/login/auth-service.js';
import { Challenges } from '../core/login/challenges.js';
import { OneTimeTokens } from '../core/one-time/one-time-token.js';
import { Questions } from '../core/one-time/questions.js';
import { BackgroundTasks } from '../core/resilience/background-tasks.js';
import { Periodic } from '../core/resilience/periodic.js';
import { RevocationFeed } from '../core/revocation/revocation-feed.js';
import { LiveConnections } from '../core/sessions/live-connections.js';
import { SessionService } from '../core/sessions/session-service.js';
import { IdTokens } from '../core/tokens/id-tokens.js';
import { TokenService } from '../core/tokens/token-service.js';
import { type AuthFeature, assertDistinct } from '../features/feature.js';
import { CrossSiteCheck } from '../http/cross-site.js';
import { ShortCookies } from '../http/short-cookies.js';
import { TokenCookies } from '../http/token-cookies.js';
import { isMemoryStore } from '../memory/memory-store.js';
import { AUTH_OPTIONS as OPTIONS } from '../options/auth/auth-option-table.js';
import type { AuthOptions } from '../options/auth/auth-options.js';
import { type AuthSettings, resolveSettings } from '../options/auth/auth-settings.js';
import type { SettingsOf } from '../options/fields/field.js';
import type { ResourceServerOptions } from '../options/resource-server/resource-server-options.js';
import { CredentialStore } from '../ports/credential-store.js';
import { EphemeralStore } from '../ports/ephemeral-store.js';
import { Mailer } from '../ports/mailer.js';
import { PasswordHasher } from '../ports/password-hasher.js';
import { SessionStore } from '../ports/session-store.js';
import { UserStore } from '../ports/user-store.js';
import { routesOf } from '../routes/auth.controller.js';
import { JwksController } from '../routes/jwks.controller.js';
import { LocalAuthGuard, LocalStrategy } from '../routes/local.strategy.js';
import { guarded } from '../routes/mounted.js';
import { RefreshAuthGuard, RefreshStrategy } from '../routes/refresh.strategy.js';
import { TOKEN_TRANSPORT, TokenAnswers } from '../routes/token-answers.js';
import { TOKEN_FIELDS } from '../routes/token-fields.js';
import { AUTH_OPTIONS, ConfigurableModuleClass } from './auth.module-definition.js';
import { AuthStatus } from './auth-status.js';
import { registerCopy } from './boot/copies.js';
import { checkForRoot, checkForRootAsync, type Mode, withCheckedFactory } from './boot/static-options.js';
import { unconfigured } from './boot/unconfigured.js';
import { compose } from './compose.js';
import type { AuthExtras, ResourceServerExtras } from './extras.js';
import { EXTRAS } from './extras-table.js';
import { report, warnOfMemoryStore } from './log.js';
import { CORE } from './providers/core.providers.js';
import { hooksOf, mountedOf, providersOf } from './providers/feature.providers.js';
import { GUARD_EXPORTS } from './providers/guard.providers.js';
import { provide } from './providers/provide.js';
import { ROUTES } from './providers/route.providers.js';
import { FEATURES, SETTINGS } from './providers/tokens.js';
import { type ResourceServerAsyncOptions, ResourceServerModule } from './resource-server.module.js';

/** What apps inject, and what the library's guards need in an app's modules. */
const EXPORTS = [
  ...GUARD_EXPORTS,
  AuthService,
  SessionService,
  TokenService,
  OneTimeTokens,
  IdTokens,
  Questions,
  Challenges,
  Limits,
  BackgroundTasks,
  AuthStatus,
  UserStore,
  SessionStore,
  EphemeralStore,
  CredentialStore,
  PasswordHasher,
  Mailer,
  LocalStrategy,
  RefreshStrategy,
  LocalAuthGuard,
  RefreshAuthGuard,
  TOKEN_TRANSPORT,
  TOKEN_FIELDS,
  CrossSiteCheck,
  TokenCookies,
  ShortCookies,
  TokenAnswers,
];

registerCopy(EXPORTS);

const MODE = {
  method: 'forRoot',
  factoryMethod: 'createAuthModuleOptions',
  values: Object.keys(OPTIONS),
  extras: EXTRAS,
} satisfies Mode;

/** The providers of `imports: [AuthModule]` without options, in place of those that `forRoot` adds. */
const UNCONFIGURED = unconfigured([
  SETTINGS,
  SessionService,
  EphemeralStore,
  RevocationFeed,
  LiveConnections,
  BackgroundTasks,
]);

/**
 * Authentication for an app: routes, strategies, guards and services behind a `UserStore`.
 *
 * @example
 * ```ts
 * AuthModule.forRootAsync({
 *   inject: [ConfigService, UsersService],
 *   useFactory: (config: ConfigService, users: UsersService) => ({
 *     userStore: users,
 *     secrets: { access: config.get('AUTH_ACCESS_SECRET', ''), refresh: config.get('AUTH_REFRESH_SECRET', '') },
 *     ttl: { access: '15m', refresh: '30d' },
 *   }),
 * });
 * ```
 */
@Module({ providers: UNCONFIGURED })
export class AuthModule
  extends ConfigurableModuleClass
  implements OnModuleInit, OnModuleDestroy, OnApplicationShutdown
{
  readonly #housekeeping: Periodic | undefined;

  constructor(
    @Inject(SETTINGS) { housekeeping }: { readonly housekeeping: number | false },
    @Inject(SessionService) sessions: SessionService,
    @Inject(EphemeralStore) ephemeral: EphemeralStore,
    @Inject(RevocationFeed) private readonly feed: RevocationFeed | null,
    @Inject(LiveConnections) private readonly connections: LiveConnections,
    @Inject(BackgroundTasks) private readonly background: BackgroundTasks,
  ) {
    super();
    const tidy = async () => {
      const outcomes = await Promise.allSettled([sessions.deleteExpired(), ephemeral.deleteExpired?.()]);
      for (const outcome of outcomes) if (outcome.status === 'rejected') report(outcome.reason);
    };
    this.#housekeeping = housekeeping === false ? undefined : new Periodic(tidy, () => housekeeping * 1000);
  }

  async onModuleInit(): Promise<void> {
    this.#housekeeping?.start();
    await this.feed?.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#housekeeping?.stop();
    await this.feed?.stop();
    await this.connections.stop();
    await this.background.settled();
  }

  /** Waits for background work of requests that were answered after `onModuleDestroy`. */
  async onApplicationShutdown(): Promise<void> {
    await this.background.settled();
  }

  static override forRoot(options: AuthOptions & AuthExtras): DynamicModule {
    const extras = checkForRoot(options, MODE);
    return withExtras(super.forRoot(options), extras);
  }

  static override forRootAsync(options: Parameters<typeof ConfigurableModuleClass.forRootAsync>[0]): DynamicModule {
    const extras = checkForRootAsync(options, MODE);
    return withExtras(withCheckedFactory(super.forRootAsync(options), AUTH_OPTIONS, MODE, options.useFactory), extras);
  }

  /**
   * For a service that only verifies the access tokens of another app: guards and decorators, without stores, routes
   * and secrets.
   *
   * @example
   * ```ts
   * AuthModule.forResourceServer({
   *   jwksUri: 'https://auth.example.org/.well-known/jwks.json',
   *   issuer: 'https://auth.example.org',
   *   audience: 'notes',
   * });
   * ```
   */
  static forResourceServer(options: ResourceServerOptions & ResourceServerExtras): DynamicModule {
    return ResourceServerModule.forRoot(options);
  }

  /** Like `forResourceServer`, for options that a factory makes. */
  static forResourceServerAsync(options: ResourceServerAsyncOptions): DynamicModule {
    return ResourceServerModule.forRootAsync(options);
  }
}

function withExtras(definition: DynamicModule, extras: SettingsOf<typeof EXTRAS>): DynamicModule {
  const { isGlobal, globalGuard, routes, features } = extras;
  assertDistinct(features);
  const { prefix, jwks, ...switches } = routes || { prefix: '', jwks: false };
  const controllers = routes ? [routesOf(prefix, switches), ...features.flatMap((one) => mountedOf(one, prefix))] : [];
  return compose({
    definition,
    options: AUTH_OPTIONS,
    isGlobal,
    globalGuard,
    imports: features.flatMap(({ imports = [] }) => imports),
    controllers: [...(globalGuard ? controllers : controllers.map(guarded)), ...(jwks ? [JwksController] : [])],
    providers: [
      provide(SETTINGS, [AUTH_OPTIONS], (options) => conceal(resolved(reveal(options), features))),
      { provide: FEATURES, useValue: features },
      ...CORE,
      ...ROUTES,
      ...features.flatMap(providersOf),
      hooksOf(features),
    ],
    exports: EXPORTS,
    further: features.flatMap(({ exports = [] }) => exports),
  });
}

function resolved(options: AuthOptions, features: readonly AuthFeature[]): AuthSettings {
  const settings = resolveSettings(options, features);
  if (isMemoryStore(settings.sessionStore)) warnOfMemoryStore();
  return settings;
}
