import type { AuthUser } from '../../ports/user-store.js';
import type { AuthErrorCode } from '../errors/error-codes.js';

/**
 * Augment it once to give users, roles, permissions and claims the types of the app.
 *
 * @example
 * ```ts
 * declare module '@acme/nest-auth' {
 *   interface Register { user: MyUser; role: 'admin' | 'editor'; permission: 'notes:write'; claims: { tenant: string } }
 * }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: empty until an app augments it
export interface Register {}

type Registered<Key extends string, Fallback> = Register extends { readonly [K in Key]: infer T } ? T : Fallback;

export type RegisteredUser = Registered<'user', AuthUser> & AuthUser;
export type Role = Registered<'role', string>;
export type Permission = Registered<'permission', string>;
/** What the option `claims` returns. */
export type IssuedClaims = Registered<'claims', Record<string, unknown>>;

/** The caller, as the verified access token or another credential says. Frozen; injected by `@CurrentUser()`. */
export interface Principal {
  /** The user's id (`sub`). */
  readonly id: string;
  readonly roles: readonly Role[];
  readonly permissions: readonly Permission[];
  /** The session (`sid`) that the access token belongs to; for an API key, `api-key:` and its id. */
  readonly sessionId: string;
  /** How the user logged in (`amr`, RFC 8176): `'pwd'`, `'otp'`, `'mfa'`. Empty if the token does not say, and for keys. */
  readonly methods: readonly string[];
  /**
   * When the user last proved who they are (`auth_time`), in seconds since the epoch, like every time of a token; 0 if
   * the token does not say, and for keys. Not a Date, because requests share the principal and a Date cannot be frozen.
   */
  readonly authenticatedAt: number;
  /** Who acts in the user's place (`act`, RFC 8693 §4.1). */
  readonly actorId?: string | undefined;
  /** Every claim of the token, including those of `claims(user)`. */
  readonly claims: Readonly<Registered<'claims', unknown>> & Readonly<Record<string, unknown>>;
}

/** The part of a request that a credential kind may read. */
export interface CredentialRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** How an OpenAPI document shows a kind of credential. */
export interface CredentialDescription {
  /** The name of its security scheme. */
  readonly scheme: string;
  /** The scheme itself, as OpenAPI defines it. */
  readonly definition: Readonly<Record<string, unknown>>;
  /** The codes of its refusals, by status. */
  readonly refusals: Readonly<Record<number, readonly AuthErrorCode[]>>;
}

/**
 * A further credential, such as an API key. It opens the handlers that name it in `@Authenticated(…)` and no others,
 * over every transport.
 */
export interface CredentialKind {
  /** The name that handlers use: `@Authenticated('jwt', 'api-key')`. */
  readonly name: string;
  /** Whether the request carries a credential of this kind. If so, no other kind is tried, and its refusal is final. */
  matches(request: CredentialRequest): boolean;
  /**
   * Returns the caller; synchronously if no store has to be asked.
   * @throws AuthError `invalid_token`, `token_expired`, `token_revoked`, `store_unavailable`, or a code of the feature
   */
  authenticate(request: CredentialRequest): Principal | Promise<Principal>;
  /** @default not documented */
  readonly openapi?: CredentialDescription;
}
