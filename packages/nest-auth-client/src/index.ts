export type {
  AuthClient,
  AuthClientOptions,
  AuthSession,
  Challenge,
  LoggedIn,
  LoginAnswer,
  PendingRegistration,
  RegistrationAnswer,
} from './auth-client.js';
export { AuthClientError, type AuthClientErrorDetails } from './auth-client-error.js';
export { bearer, type StoredTokens, type TokenStorage } from './bearer.js';
export { createAuthClient } from './create-auth-client.js';
export { stepUp } from './step-up.js';
export type { Transport } from './transport.js';
