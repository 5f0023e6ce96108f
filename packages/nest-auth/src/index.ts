export { type AuthDescription, describeAuth } from './auth.description.js';
export { AuthModule } from './auth.module.js';
export type { AuthExtras, AuthOptions, AuthOptionsFactory, AuthRoutes } from './auth.options.js';
export { TokenService } from './core/access-token.js';
export type { AttemptBudget, LimitedAction, LimiterFactory } from './core/attempt-limit.js';
export { AuthError, type AuthErrorCode, type AuthErrorOptions } from './core/auth-error.js';
export {
  type AuthEvent,
  AuthEvents,
  type AuthEventType,
  type Device,
  type RevocationReason,
} from './core/auth-event.js';
export { AuthService, type Challenge, type LoginAnswer, type Registration, type Tokens } from './core/auth-service.js';
export { type Credentials, normaliseLogin } from './core/authenticator.js';
export { OneTimeTokens } from './core/one-time-token.js';
export { type Access, type Policy, policyOf } from './core/policy.js';
export type {
  CredentialKind,
  CredentialRequest,
  IssuedClaims,
  Permission,
  Principal,
  Register,
  RegisteredUser,
  Role,
} from './core/principal.js';
export { type LiveSession, type Session, SessionService } from './core/session.js';
export type { Clock, Duration } from './core/time.js';
export type { JwkSet } from './core/tokens/jwk-set.js';
export type {
  AccessKey,
  AccessKeys,
  AsymmetricAlgorithm,
  HmacAlgorithm,
  HmacKey,
  KeyPair,
  SigningAlgorithm,
} from './core/tokens/key-ring.js';
export { TokenVerifier } from './core/tokens/token-verifier.js';
export type { AuthFeature, Capabilities, FeatureHooks } from './features/feature.js';
export { BcryptHasher } from './hashers/bcrypt-hasher.js';
export {
  AllRoles,
  Authenticated,
  Authorize,
  CurrentUser,
  OptionalAuth,
  Permissions,
  Public,
  Roles,
} from './http/auth.decorators.js';
export type { RegistrationSchema, StandardSchema } from './http/auth.dto.js';
export { AuthErrorFilter } from './http/auth-error.filter.js';
export { AuthException } from './http/auth-exception.js';
export { JwtStrategy } from './http/jwt.strategy.js';
export { JwtAuthGuard } from './http/jwt-auth.guard.js';
export { LocalAuthGuard, LocalStrategy } from './http/local.strategy.js';
export { RefreshAuthGuard, RefreshStrategy } from './http/refresh.strategy.js';
export { RolesGuard } from './http/roles.guard.js';
export { type AuthRequest, deviceOf } from './http/token-transport.js';
export {
  MemoryEphemeralStore,
  MemorySessionStore,
  type MemoryStoreOptions,
  type MemoryUser,
  MemoryUserStore,
  memoryStores,
} from './memory-stores.js';
export { EphemeralStore } from './ports/ephemeral-store.js';
export { type Mail, Mailer } from './ports/mailer.js';
export { PasswordHasher } from './ports/password-hasher.js';
export {
  type Advance,
  type RevokeAllOptions,
  type RevokedPage,
  type RevokedSession,
  type Rotation,
  type SessionPage,
  type SessionRecord,
  SessionStore,
} from './ports/session-store.js';
export { type AuthUser, type NewUser, UserStore } from './ports/user-store.js';
export type {
  ResourceServerExtras,
  ResourceServerOptions,
  ResourceServerOptionsFactory,
} from './resource-server.options.js';
