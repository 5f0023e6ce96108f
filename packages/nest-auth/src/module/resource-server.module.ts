import {
  type DynamicModule,
  Inject,
  Module,
  type OnModuleDestroy,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { conceal, reveal } from '../core/errors/conceal.js';
import { JwksFeed } from '../core/keys/jwks-feed.js';
import { fingerprintOf } from '../core/keys/key-fingerprint.js';
import { LiveConnections } from '../core/sessions/live-connections.js';
import { TokenVerifier } from '../core/tokens/token-verifier.js';
import { JwtStrategy } from '../guards/jwt.strategy.js';
import { OWN_STRATEGIES } from '../guards/passport-strategy.js';
import type { SettingsOf } from '../options/fields/field.js';
import { RESOURCE_SERVER_OPTIONS as OPTIONS } from '../options/resource-server/resource-server-option-table.js';
import type { ResourceServerOptions } from '../options/resource-server/resource-server-options.js';
import { resolveResourceServerSettings } from '../options/resource-server/resource-server-settings.js';
import { checkForRoot, checkForRootAsync, type Mode, withCheckedFactory } from './boot/static-options.js';
import { FINGERPRINT } from './boot/strategy-conflicts.js';
import { compose } from './compose.js';
import type { ResourceServerExtras } from './extras.js';
import { RESOURCE_SERVER_EXTRAS } from './extras-table.js';
import { say } from './log.js';
import { GUARD_EXPORTS } from './providers/guard.providers.js';
import { provide } from './providers/provide.js';
import { RESOURCE_SERVER_SETTINGS as SETTINGS } from './providers/tokens.js';
import { ConfigurableModuleClass, RESOURCE_SERVER_OPTIONS } from './resource-server.module-definition.js';

export type ResourceServerAsyncOptions = Parameters<typeof ConfigurableModuleClass.forRootAsync>[0];

const MODE = {
  method: 'forResourceServer',
  factoryMethod: 'createResourceServerOptions',
  values: Object.keys(OPTIONS),
  extras: RESOURCE_SERVER_EXTRAS,
} satisfies Mode;

const VERIFIER: Provider[] = [
  provide(SETTINGS, [RESOURCE_SERVER_OPTIONS], (options) => conceal(resolveResourceServerSettings(reveal(options)))),
  provide(OWN_STRATEGIES, [JwtStrategy], (jwt) => ({ jwt })),
  provide(FINGERPRINT, [SETTINGS], ({ keys, jwksUri, issuer, audience }) =>
    fingerprintOf(keys?.values() ?? jwksUri, issuer, ...audience),
  ),
  provide(
    TokenVerifier,
    [SETTINGS],
    ({ keys, issuer, audience, clockTolerance, maxAge, clock, caller }) =>
      new TokenVerifier({ issuer, audience, clockTolerance, maxAge, clock, caller, ...(keys ? { keys } : {}) }),
  ),
  provide(JwksFeed, [SETTINGS, TokenVerifier], ({ jwksUri, jwks, clock }, verifier) =>
    jwksUri === undefined ? null : new JwksFeed({ ...jwks, uri: jwksUri, verifier, clock, fetch, report: say }),
  ),
];

/**
 * What `AuthModule.forResourceServer` returns. It is a separate class, because `AuthModule` injects stores, which a
 * resource server does not have.
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
    const extras = checkForRoot(options, MODE);
    return withExtras(super.forRoot(options), extras);
  }

  static override forRootAsync(options: ResourceServerAsyncOptions): DynamicModule {
    const extras = checkForRootAsync(options, MODE);
    return withExtras(
      withCheckedFactory(super.forRootAsync(options), RESOURCE_SERVER_OPTIONS, MODE, options.useFactory),
      extras,
    );
  }
}

function withExtras(definition: DynamicModule, extras: SettingsOf<typeof RESOURCE_SERVER_EXTRAS>): DynamicModule {
  const options = RESOURCE_SERVER_OPTIONS;
  return compose({ definition, options, ...extras, providers: VERIFIER, exports: GUARD_EXPORTS });
}
