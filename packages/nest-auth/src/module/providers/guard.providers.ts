import type { Provider } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, HttpAdapterHost, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { AuthEvents } from '../../core/auth-event.js';
import { Observation } from '../../core/observation/observation.js';
import { PolicyTime } from '../../core/policy/grants.js';
import { LiveConnections } from '../../core/sessions/live-connections.js';
import { Clock } from '../../core/time.js';
import { TokenVerifier } from '../../core/tokens/token-verifier.js';
import { CredentialKinds } from '../../guards/credential-kinds.js';
import { HandlerPolicies } from '../../guards/handler-policies.js';
import { JwtStrategy } from '../../guards/jwt.strategy.js';
import { JwtAuthGuard } from '../../guards/jwt-auth.guard.js';
import { PassportStrategies } from '../../guards/passport-strategy.js';
import { RolesGuard } from '../../guards/roles.guard.js';
import { AccessTokenReader, accessTokenReader, CookieRefusal, cookieRefusal } from '../../http/access-token.js';
import { CrossSiteCheck } from '../../http/cross-site.js';
import { PolicyReview } from '../../policies/policy-review.js';
import { ReviewSettings } from '../../policies/review-settings.js';
import { RouteRecorder } from '../../policies/route-recorder.js';
import { AuthErrorFilter } from '../../transports/auth-error.filter.js';
import { FieldResolverCheck } from '../../transports/graphql/field-resolver-check.js';
import { http } from '../../transports/http.js';
import { MessageHandlers } from '../../transports/message/message-handlers.js';
import { RequestUser } from '../../transports/request-user.js';
import { Transports } from '../../transports/transports.js';
import { GatewayAdmission } from '../../transports/web-socket/gateway-admission.js';
import { Neighbours } from '../boot/neighbours.js';
import { OptionsSource } from '../boot/options-source.js';
import { StrategyConflicts } from '../boot/strategy-conflicts.js';
import { report } from '../log.js';
import { provide } from './provide.js';
import { FEATURE_HOOKS, SHARED_SETTINGS } from './tokens.js';

/**
 * The providers that authenticate and decide, in every mode. The `TokenVerifier` and the feature hooks come from the
 * mode.
 */
export const GUARDS: Provider[] = [
  OptionsSource,
  Neighbours,
  StrategyConflicts,
  provide(Clock, [SHARED_SETTINGS], ({ clock }) => clock),
  provide(AuthEvents, [Clock], (clock) => new AuthEvents(clock, report)),
  provide(FEATURE_HOOKS, [], () => []),
  provide(Observation, [], () => new Observation(report)),
  CredentialKinds,
  provide(PolicyTime, [SHARED_SETTINGS], ({ clock, clockTolerance }) => ({ clock, clockTolerance })),
  provide(RequestUser, [SHARED_SETTINGS], ({ requestUser }) => requestUser ?? null),
  JwtStrategy,
  MetadataScanner,
  HandlerPolicies,
  PassportStrategies,
  JwtAuthGuard,
  RolesGuard,
  provide(LiveConnections, [], () => new LiveConnections()),
  provide(CrossSiteCheck, [SHARED_SETTINGS], ({ cookies }) => new CrossSiteCheck(cookies)),
  provide(AccessTokenReader, [SHARED_SETTINGS, CrossSiteCheck], ({ transport, cookies }, check) =>
    accessTokenReader(transport, cookies.access, check),
  ),
  provide(CookieRefusal, [SHARED_SETTINGS], ({ transport, cookies }) => cookieRefusal(transport, cookies.access)),
  provide(Transports, [SHARED_SETTINGS, HttpAdapterHost], ({ issuer }, adapterHost) =>
    Transports.load(http(adapterHost, issuer ?? 'api')),
  ),
  provide(ReviewSettings, [SHARED_SETTINGS], ({ policyReview }) => policyReview ?? null),
  PolicyReview,
  RouteRecorder,
  AuthErrorFilter,
  { provide: APP_FILTER, useExisting: AuthErrorFilter },
];

/** Private by default: every route, and every handler that Nest's global guards do not reach. */
export const GLOBAL_GUARDS: Provider[] = [
  { provide: APP_GUARD, useExisting: JwtAuthGuard },
  provide(
    MessageHandlers,
    [ModulesContainer, MetadataScanner, JwtAuthGuard, AuthErrorFilter, LiveConnections, PolicyTime, Observation],
    (modules, scanner, guard, filter, connections, time, observation) => {
      // An app's test may have replaced the library's guard.
      const admission =
        guard instanceof JwtAuthGuard
          ? new GatewayAdmission(
              (policy, request, before) => guard.authenticate(policy, request, before),
              connections,
              time,
              observation,
            )
          : undefined;
      return new MessageHandlers({ modules, scanner, guard, filter, admission });
    },
  ),
  provide(
    FieldResolverCheck,
    [ModulesContainer, MetadataScanner],
    (modules, scanner) => new FieldResolverCheck(modules, scanner),
  ),
];

/** What apps inject of the guards' providers, and what the guards need in an app's modules. */
export const GUARD_EXPORTS = [
  TokenVerifier,
  AuthEvents,
  AccessTokenReader,
  RequestUser,
  JwtStrategy,
  PassportStrategies,
  Transports,
  PolicyTime,
  Observation,
  LiveConnections,
  JwtAuthGuard,
  RolesGuard,
];
