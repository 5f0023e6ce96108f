export type {
  AuthClient,
  AuthClientOptions,
  AuthSession,
  Challenge,
  LoggedIn,
  LoginAnswer,
} from './auth-client.js';
export { AuthClientError, type AuthClientErrorDetails } from './auth-client-error.js';
export { bearer } from './bearer.js';
export { createAuthClient } from './create-auth-client.js';
export type { StoredTokens, TokenStorage } from './token-storage.js';
export type { Transport } from './transport.js';
