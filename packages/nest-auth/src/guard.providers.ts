import type { CanActivate, Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { FEATURE_HOOKS, fromSettings, report } from './auth.providers.js';
import type { AuthSettings } from './auth.settings.js';
import { Neighbours } from './boot/neighbours.js';
import { OptionsSource } from './boot/options-source.js';
import { StrategyConflicts } from './boot/strategy-conflicts.js';
import { AuthEvents } from './core/auth-event.js';
import { LiveConnections } from './core/live-connections.js';
import { TokenVerifier } from './core/tokens/token-verifier.js';
import type { FeatureHooks } from './features/feature.js';
import { AuthErrorFilter, REALM } from './http/auth-error.filter.js';
import { HandlerPolicies } from './http/handler-policies.js';
import { JwtStrategy } from './http/jwt.strategy.js';
import { CREDENTIAL_KINDS, JwtAuthGuard } from './http/jwt-auth.guard.js';
import { PassportStrategies } from './http/passport-strategy.js';
import { RolesGuard } from './http/roles.guard.js';
import { FieldResolvers } from './http/transports/graphql/field-resolvers.js';
import { MessageHandlers } from './http/transports/message/message-handlers.js';
import { Transports } from './http/transports/transports.js';
import { GatewayDoor } from './http/transports/web-socket/gateway-door.js';
import { Handshake } from './http/transports/web-socket/handshake.js';

/** What the settings of every mode have. */
export type SharedSettings = Pick<AuthSettings, 'issuer' | 'clock' | 'sockets'>;

/** What authenticates and decides, in every mode. The `TokenVerifier` and the feature hooks come from the mode. */
export const GUARDS: Provider[] = [
  OptionsSource,
  Neighbours,
  StrategyConflicts,
  fromSettings(AuthEvents, ({ clock }: SharedSettings) => new AuthEvents(clock, report)),
  fromSettings(REALM, ({ issuer }: SharedSettings) => issuer ?? 'api'),
  {
    provide: CREDENTIAL_KINDS,
    inject: [FEATURE_HOOKS],
    useFactory: (hooks: readonly FeatureHooks[]) => hooks.flatMap(({ credential }) => credential ?? []),
  },
  JwtStrategy,
  MetadataScanner,
  HandlerPolicies,
  PassportStrategies,
  JwtAuthGuard,
  RolesGuard,
  { provide: LiveConnections, useFactory: () => new LiveConnections() },
  fromSettings(Handshake, ({ sockets }: SharedSettings) => new Handshake(sockets)),
  { provide: Transports, inject: [Handshake], useFactory: (handshake: Handshake) => Transports.load(handshake) },
  AuthErrorFilter,
  { provide: APP_FILTER, useExisting: AuthErrorFilter },
];

/** Private by default: every route, and every handler that Nest's global guards would miss. */
export const EVERYWHERE: Provider[] = [
  { provide: APP_GUARD, useExisting: JwtAuthGuard },
  {
    provide: MessageHandlers,
    inject: [ModulesContainer, MetadataScanner, JwtAuthGuard, AuthErrorFilter, LiveConnections, Handshake],
    useFactory: (
      modules: ModulesContainer,
      scanner: MetadataScanner,
      guard: CanActivate,
      filter: AuthErrorFilter,
      connections: LiveConnections,
      handshake: Handshake,
    ) => {
      // An app's test may have put a guard of its own in our place.
      const door =
        guard instanceof JwtAuthGuard
          ? new GatewayDoor((policy, request) => guard.authenticate(policy, request), connections, handshake)
          : undefined;
      return new MessageHandlers({ modules, scanner, guard, filter, door });
    },
  },
  {
    provide: FieldResolvers,
    inject: [ModulesContainer, MetadataScanner],
    useFactory: (modules: ModulesContainer, scanner: MetadataScanner) => new FieldResolvers(modules, scanner),
  },
];

/** Of the guards: what apps inject, and what our guards need where an app's modules use them. */
export const GUARD_EXPORTS = [
  TokenVerifier,
  AuthEvents,
  JwtStrategy,
  PassportStrategies,
  CREDENTIAL_KINDS,
  Transports,
  LiveConnections,
  JwtAuthGuard,
  RolesGuard,
];
