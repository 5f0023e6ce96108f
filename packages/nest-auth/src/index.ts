export {
  type AuthEvent,
  type AuthEventFields,
  AuthEvents,
  type AuthEventType,
  type Device,
  type LimitedAction,
  type LimitedActions,
  type RevocationReason,
} from './core/auth-event.js';
export type { AuthRequest } from './core/auth-request.js';
export { AuthError, type AuthErrorOptions } from './core/errors/auth-error.js';
export type { AuthErrorCode, AuthErrorCodes, ErrorCode } from './core/errors/error-codes.js';
export { escapeHtml } from './core/html.js';
export type { JwkSet } from './core/keys/jwk-set.js';
export type {
  AccessKey,
  AccessKeys,
  AsymmetricAlgorithm,
  HmacAlgorithm,
  HmacKey,
  KeyPair,
  SigningAlgorithm,
} from './core/keys/key-ring.js';
export type { AttemptBudget, LimiterFactory } from './core/limits/attempt-limit.js';
export { Limits } from './core/limits/limits.js';
export { AuthService } from './core/login/auth-service.js';
export { type Credentials, normaliseLogin } from './core/login/authenticator.js';
export { Challenges } from './core/login/challenges.js';
export type { ConfirmOptions } from './core/login/confirmation.js';
export type {
  AccessAnswer,
  Challenge,
  LoginAnswer,
  PendingRegistration,
  RegistrationAnswer,
  Tokens,
} from './core/login/login-answer.js';
export type { RegistrationOutcome } from './core/login/login-hooks.js';
export type { Reclaiming } from './core/login/reclaim.js';
export type { RegistrationSchema, StandardSchema } from './core/login/registration-schema.js';
export type { Enrolment, Registration } from './core/login/registrations.js';
export type { AdmitOptions, HeldLogin, LoginDetails } from './core/login-details.js';
export type {
  CallContext,
  Decision,
  Observer,
  Operation,
  OperationWatch,
  Outcome,
  Refusal,
} from './core/observation/observer.js';
export { OneTimeTokens, type SentToken, type TokenOwner } from './core/one-time/one-time-token.js';
export { Questions, type Verdict } from './core/one-time/questions.js';
export type { SetPasswordOptions } from './core/passwords/password-change.js';
export type { Requirement, RequirementTime } from './core/policy/declared-policy.js';
export { type Access, type Policy, type PolicySource, policyOf } from './core/policy/policy.js';
export type {
  CredentialDescription,
  CredentialKind,
  CredentialRequest,
  IssuedClaims,
  Permission,
  Principal,
  Register,
  RegisteredUser,
  Role,
} from './core/policy/principal.js';
export type { RecentLoginOptions } from './core/policy/recent-login.js';
export { BackgroundTasks } from './core/resilience/background-tasks.js';
export { ElapsedTime, type Moment } from './core/resilience/elapsed-time.js';
export type { HashLoad } from './core/resilience/hash-queue.js';
export type { ConfirmedSession, LiveSession } from './core/sessions/live-session.js';
export type { EndingSessions, Exchange, Exchanged } from './core/sessions/session-hooks.js';
export { assertReauthentication, assertSessionRecord } from './core/sessions/session-record.js';
export { type Session, SessionService } from './core/sessions/session-service.js';
export { Clock, type Duration } from './core/time.js';
export type { Token } from './core/token.js';
export type { ForeignCaller, ReadCaller } from './core/tokens/foreign-claims.js';
export { IdTokens, type IdTokenTrust } from './core/tokens/id-tokens.js';
export type { FoundCaller } from './core/tokens/token-hooks.js';
export { type IssueOptions, type KeyStatus, TokenService } from './core/tokens/token-service.js';
export { TokenVerifier } from './core/tokens/token-verifier.js';
export { addressOf, isAddress } from './core/users/address.js';
export { type Recipient, recipientOf } from './core/users/recipient.js';
export {
  type AuthFeature,
  defineFeature,
  type FeatureExtras,
  type FeatureHooks,
  featureSettings,
  type HooksFactory,
  objectSchema,
  type RouteDescription,
} from './features/feature.js';
export {
  AllRoles,
  Authenticated,
  Authorize,
  CurrentUser,
  OptionalAuth,
  Permissions,
  Public,
  Require,
  RequireRecent,
  Roles,
} from './guards/auth.decorators.js';
export { JwtStrategy } from './guards/jwt.strategy.js';
export { JwtAuthGuard } from './guards/jwt-auth.guard.js';
export { RolesGuard } from './guards/roles.guard.js';
export { BcryptHasher } from './hashers/bcrypt-hasher.js';
export { AuthException } from './http/auth-exception.js';
export { deviceOf } from './http/device.js';
export { assertJson, readFlag, readStrings } from './http/request-body.js';
export { ShortCookies } from './http/short-cookies.js';
export { ConsoleMailer } from './mailers/console-mailer.js';
export { MemoryCredentialStore } from './memory/credential-store.js';
export { MemoryEphemeralStore } from './memory/ephemeral-store.js';
export type { MemoryStoreOptions } from './memory/memory-store.js';
export { memoryStores } from './memory/memory-stores.js';
export { MemorySessionStore } from './memory/session-store.js';
export { type MemoryUser, MemoryUserStore } from './memory/user-store.js';
export { AuthModule } from './module/auth.module.js';
export { AuthStatus, type AuthStatusReport, type NamedBudget } from './module/auth-status.js';
export { type AuthDescription, describeAuth } from './module/describe-auth.js';
export type { AuthExtras, AuthRoutes, ResourceServerExtras } from './module/extras.js';
export type { AuthOptions, AuthOptionsFactory } from './options/auth/auth-options.js';
export type { Capabilities } from './options/auth/capabilities.js';
export type { Field, OptionsOf, SettingsOf, Table } from './options/fields/field.js';
export { option } from './options/fields/option.js';
export type { FeatureRule } from './options/option-reader.js';
export type {
  ResourceServerOptions,
  ResourceServerOptionsFactory,
} from './options/resource-server/resource-server-options.js';
export { listPolicies } from './policies/list-policies.js';
export type {
  HandlerCall,
  HttpRoute,
  ListedGuard,
  ListedPolicy,
  OutsideRoute,
  PolicyEntry,
  PolicyFinding,
  PolicyFindingCode,
  PolicyList,
  PolicyRules,
} from './policies/policy-list.js';
export { policyDiff, policyLock, policyMismatch, policyText } from './policies/policy-lock.js';
export {
  type CredentialPatch,
  type CredentialRecord,
  CredentialStore,
  type NewCredential,
} from './ports/credential-store.js';
export { EphemeralStore } from './ports/ephemeral-store.js';
export { type Mail, Mailer } from './ports/mailer.js';
export { PasswordHasher } from './ports/password-hasher.js';
export {
  type Advance,
  type Reauthentication,
  type RevokeAllOptions,
  type RevokedPage,
  type RevokedSession,
  type Rotation,
  type SessionPage,
  type SessionRecord,
  SessionStore,
} from './ports/session-store.js';
export { type AuthUser, type NewUser, UserStore } from './ports/user-store.js';
export { LocalAuthGuard, LocalStrategy } from './routes/local.strategy.js';
export { RefreshAuthGuard, RefreshStrategy } from './routes/refresh.strategy.js';
export { FromOtherSites, TokenAnswers } from './routes/token-answers.js';
export { AuthErrorFilter } from './transports/auth-error.filter.js';
