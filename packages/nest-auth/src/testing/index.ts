export { type ActAsOptions, actAs, type TestUser } from './act-as.js';
export {
  type AuthTestingAsyncOptions,
  AuthTestingModule,
  type AuthTestingOptions,
  TestClock,
} from './auth-testing.module.js';
export {
  type CredentialStoreConformance,
  credentialStoreConformance,
} from './conformance/credentials/credential-store.js';
export { type EphemeralStoreConformance, ephemeralStoreConformance } from './conformance/ephemeral-store.js';
export type { Conformance } from './conformance/kit.js';
export { type SessionStoreConformance, sessionStoreConformance } from './conformance/sessions/session-store.js';
export { type UserStoreConformance, userStoreConformance } from './conformance/users/user-store.js';
export { TestHasher } from './test-hasher.js';
export { type AuthPolicyMatchers, type MatcherOutcome, toMatchAuthPolicy } from './to-match-auth-policy.js';
