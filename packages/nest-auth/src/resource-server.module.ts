import {
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type OnModuleDestroy,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { FEATURE_HOOKS, SETTINGS } from './auth.providers.js';
import { aliasesForOtherCopies } from './boot/copies.js';
import { checkForRoot, checkForRootAsync, type Mode, withCheckedFactory } from './boot/static-options.js';
import { FINGERPRINT } from './boot/strategy-conflicts.js';
import { concealOptions } from './concealed-options.js';
import { conceal, reveal } from './core/conceal.js';
import { LiveConnections } from './core/live-connections.js';
import { JwksFeed } from './core/tokens/jwks-feed.js';
import { fingerprintOf } from './core/tokens/key-fingerprint.js';
import { TokenVerifier } from './core/tokens/token-verifier.js';
import { EVERYWHERE, GUARD_EXPORTS, GUARDS } from './guard.providers.js';
import { makeAuthErrorsHttpExceptions } from './http/auth-exception.js';
import { JwtStrategy } from './http/jwt.strategy.js';
import { OWN_STRATEGIES } from './http/passport-strategy.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './resource-server.module-definition.js';
import type { ResourceServerExtras, ResourceServerOptions } from './resource-server.options.js';
import { OPTIONS, type ResourceServerSettings, STATIC, settleResourceServer } from './resource-server.settings.js';

export type ResourceServerAsyncOptions = Parameters<typeof ConfigurableModuleClass.forRootAsync>[0];

const MODE: Mode = {
  method: 'forResourceServer',
  factoryMethod: 'createResourceServerOptions',
  values: OPTIONS,
  statics: STATIC,
};

const VERIFYING: Provider[] = [
  {
    provide: SETTINGS,
    inject: [MODULE_OPTIONS_TOKEN],
    useFactory: (options: ResourceServerOptions) => conceal(settleResourceServer(reveal(options))),
  },
  { provide: FEATURE_HOOKS, useValue: [] },
  { provide: OWN_STRATEGIES, inject: [JwtStrategy], useFactory: (jwt: JwtStrategy) => ({ jwt }) },
  {
    provide: FINGERPRINT,
    inject: [SETTINGS],
    useFactory: ({ keys, jwksUri, issuer, audience }: ResourceServerSettings) =>
      fingerprintOf(keys?.values() ?? jwksUri, issuer, ...audience),
  },
  {
    provide: TokenVerifier,
    inject: [SETTINGS],
    useFactory: ({ keys, issuer, audience, clockTolerance, maxAge, clock }: ResourceServerSettings) =>
      new TokenVerifier({ issuer, audience, clockTolerance, maxAge, clock, ...(keys ? { keys } : {}) }),
  },
  {
    provide: JwksFeed,
    inject: [SETTINGS, TokenVerifier],
    useFactory: ({ jwksUri, jwks, clock }: ResourceServerSettings, verifier: TokenVerifier) =>
      jwksUri === undefined ? null : new JwksFeed({ ...jwks, uri: jwksUri, verifier, clock, fetch, report }),
  },
];

/**
 * What `AuthModule.forResourceServer` answers with. A class of its own: `AuthModule` injects stores, of which there
 * are none here.
 */
@Module({})
export class ResourceServerModule extends ConfigurableModuleClass implements OnModuleInit, OnModuleDestroy {
  constructor(
    @Inject(JwksFeed) private readonly feed: JwksFeed | null,
    @Inject(LiveConnections) private readonly connections: LiveConnections,
  ) {
    super();
  }

  async onModuleInit(): Promise<void> {
    await this.feed?.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.feed?.stop();
    await this.connections.stop();
  }

  static override forRoot(options: ResourceServerOptions & ResourceServerExtras): DynamicModule {
    checkForRoot(options, MODE);
    return compose(super.forRoot(options), options);
  }

  static override forRootAsync(options: ResourceServerAsyncOptions): DynamicModule {
    checkForRootAsync(options, MODE);
    const definition = super.forRootAsync(options);
    return compose(
      options.useFactory ? definition : withCheckedFactory(definition, MODULE_OPTIONS_TOKEN, MODE),
      options,
    );
  }
}

function compose(definition: DynamicModule, { isGlobal = true, globalGuard = true }: ResourceServerExtras) {
  makeAuthErrorsHttpExceptions();
  const aliases = aliasesForOtherCopies(GUARD_EXPORTS);
  return {
    ...definition,
    global: isGlobal,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    providers: [
      ...concealOptions(definition.providers, MODULE_OPTIONS_TOKEN),
      ...VERIFYING,
      ...aliases,
      ...GUARDS,
      ...(globalGuard ? EVERYWHERE : []),
    ],
    exports: [...GUARD_EXPORTS, ...aliases.map(({ provide }) => provide)],
  };
}

function report(level: 'warn' | 'log', message: string): void {
  new Logger('AuthModule')[level](message);
}
