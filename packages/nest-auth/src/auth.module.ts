import { type DynamicModule, Inject, Logger, Module, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './auth.module-definition.js';
import type { AuthExtras, AuthOptions } from './auth.options.js';
import { CORE, FEATURE_HOOKS, ROUTES, report, SETTINGS } from './auth.providers.js';
import { type AuthSettings, OPTIONS, STATIC, settle } from './auth.settings.js';
import { aliasesForOtherCopies, registerCopy } from './boot/copies.js';
import { checkForRoot, checkForRootAsync, type Mode, withCheckedFactory } from './boot/static-options.js';
import { unconfigured } from './boot/unconfigured.js';
import { concealOptions } from './concealed-options.js';
import { TokenService } from './core/access-token.js';
import { AuthService } from './core/auth-service.js';
import { conceal, reveal } from './core/conceal.js';
import { LiveConnections } from './core/live-connections.js';
import { OneTimeTokens } from './core/one-time-token.js';
import { Periodic } from './core/resilience/periodic.js';
import { SessionService } from './core/session.js';
import { RevocationFeed } from './core/tokens/revocation-feed.js';
import { type AuthFeature, assertDistinct, type FeatureHooks } from './features/feature.js';
import { EVERYWHERE, GUARD_EXPORTS, GUARDS } from './guard.providers.js';
import { guarded, JwksController, routesOf } from './http/auth.controller.js';
import { makeAuthErrorsHttpExceptions } from './http/auth-exception.js';
import { LocalAuthGuard, LocalStrategy } from './http/local.strategy.js';
import { RefreshAuthGuard, RefreshStrategy } from './http/refresh.strategy.js';
import { isMemoryStore } from './memory-stores.js';
import { EphemeralStore } from './ports/ephemeral-store.js';
import { Mailer } from './ports/mailer.js';
import { PasswordHasher } from './ports/password-hasher.js';
import { SessionStore } from './ports/session-store.js';
import { UserStore } from './ports/user-store.js';
import { type ResourceServerAsyncOptions, ResourceServerModule } from './resource-server.module.js';
import type { ResourceServerExtras, ResourceServerOptions } from './resource-server.options.js';

/** What apps inject, and what our guards need where an app's modules use them. */
const EXPORTS = [
  ...GUARD_EXPORTS,
  AuthService,
  SessionService,
  TokenService,
  OneTimeTokens,
  UserStore,
  SessionStore,
  EphemeralStore,
  PasswordHasher,
  Mailer,
  LocalStrategy,
  RefreshStrategy,
  LocalAuthGuard,
  RefreshAuthGuard,
];

registerCopy(EXPORTS);

const MODE: Mode = {
  method: 'forRoot',
  factoryMethod: 'createAuthModuleOptions',
  values: OPTIONS.split(' '),
  statics: STATIC,
};

/** What `imports: [AuthModule]` finds in place of the providers that `forRoot` adds. */
const UNCONFIGURED = unconfigured([SETTINGS, SessionService, EphemeralStore, RevocationFeed, LiveConnections]);

/**
 * Authentication for an app: routes, strategies, guards and services behind a `UserStore`.
 *
 * @example
 * ```ts
 * AuthModule.forRootAsync({
 *   inject: [ConfigService, UsersService],
 *   useFactory: (config: ConfigService, users: UsersService) => ({
 *     userStore: users,
 *     secrets: { access: config.getOrThrow('AUTH_ACCESS_SECRET'), refresh: config.getOrThrow('AUTH_REFRESH_SECRET') },
 *     ttl: { access: '15m', refresh: '30d' },
 *   }),
 * });
 * ```
 */
@Module({ providers: UNCONFIGURED })
export class AuthModule extends ConfigurableModuleClass implements OnModuleInit, OnModuleDestroy {
  readonly #housekeeping: Periodic | undefined;

  constructor(
    @Inject(SETTINGS) { housekeeping }: AuthSettings,
    @Inject(SessionService) sessions: SessionService,
    @Inject(EphemeralStore) ephemeral: EphemeralStore,
    @Inject(RevocationFeed) private readonly feed: RevocationFeed | null,
    @Inject(LiveConnections) private readonly connections: LiveConnections,
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
  }

  static override forRoot(options: AuthOptions & AuthExtras): DynamicModule {
    checkForRoot(options, MODE);
    return compose(super.forRoot(options), options);
  }

  static override forRootAsync(options: Parameters<typeof ConfigurableModuleClass.forRootAsync>[0]): DynamicModule {
    checkForRootAsync(options, MODE);
    const definition = super.forRootAsync(options);
    return compose(
      options.useFactory ? definition : withCheckedFactory(definition, MODULE_OPTIONS_TOKEN, MODE),
      options,
    );
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

  /** As `forResourceServer`, for options that a factory makes. */
  static forResourceServerAsync(options: ResourceServerAsyncOptions): DynamicModule {
    return ResourceServerModule.forRootAsync(options);
  }
}

function compose(definition: DynamicModule, extras: AuthExtras): DynamicModule {
  const { isGlobal = true, globalGuard = true, routes = {}, features = [] } = extras;
  makeAuthErrorsHttpExceptions();
  assertDistinct(features);
  const { prefix = 'auth', jwks = true, ...switches } = routes || {};
  const controllers = [
    ...(routes ? [routesOf(prefix, switches)] : []),
    ...features.flatMap(({ module }) => module?.controllers ?? []),
  ];
  const aliases = aliasesForOtherCopies(EXPORTS);
  return {
    ...definition,
    global: isGlobal,
    imports: [
      ...(definition.imports ?? []),
      DiscoveryModule,
      ...features.flatMap(({ module }) => module?.imports ?? []),
    ],
    controllers: [
      ...(globalGuard ? controllers : controllers.map(guarded)),
      ...(routes && jwks ? [JwksController] : []),
    ],
    providers: [
      ...concealOptions(definition.providers, MODULE_OPTIONS_TOKEN),
      {
        provide: SETTINGS,
        inject: [MODULE_OPTIONS_TOKEN],
        useFactory: (options: AuthOptions) => conceal(settled(reveal(options), features)),
      },
      ...CORE,
      ...aliases,
      ...GUARDS,
      ...ROUTES,
      ...(globalGuard ? EVERYWHERE : []),
      ...features.flatMap(({ module }) => module?.providers ?? []),
      {
        provide: FEATURE_HOOKS,
        inject: features.flatMap(({ hooks }) => hooks ?? []),
        useFactory: (...hooks: FeatureHooks[]) => hooks,
      },
    ],
    exports: [
      ...EXPORTS,
      ...aliases.map(({ provide }) => provide),
      ...features.flatMap(({ module }) => module?.exports ?? []),
    ],
  };
}

let warned = false;

function settled(options: AuthOptions, features: readonly AuthFeature[]): AuthSettings {
  const settings = settle(options, features);
  if (!warned && isMemoryStore(settings.sessionStore) && process.env.NODE_ENV !== 'test') {
    warned = true;
    new Logger('AuthModule').warn('Sessions are kept in memory and end with the process. Production refuses this.');
  }
  return settings;
}
