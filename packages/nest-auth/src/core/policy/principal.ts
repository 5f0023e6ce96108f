import type { AuthUser } from '../../ports/user-store.js';

/**
 * Augment it once, and roles, users and claims are typed to the app.
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
/** What the option `claims` answers with. */
export type IssuedClaims = Registered<'claims', Record<string, unknown>>;

/** Who is calling, as the verified access token says. Frozen; what `@CurrentUser()` injects. */
export interface Principal {
  /** The user's id (`sub`). */
  readonly id: string;
  readonly roles: readonly Role[];
  readonly permissions: readonly Permission[];
  /** The session (`sid`) that the access token belongs to. */
  readonly sessionId: string;
  /** How the user logged in (`amr`, RFC 8176): `'pwd'`, `'otp'`, `'mfa'`. Empty if the token does not say. */
  readonly methods: readonly string[];
  /**
   * When the user last proved who they are (`auth_time`), in seconds since the epoch, as every time of a token. A Date
   * would not be frozen, and requests share the principal.
   */
  readonly authenticatedAt: number;
  /** Who acts in the user's place (`act`, RFC 8693 §4.1). */
  readonly actorId?: string | undefined;
  /** Every claim of the token, those of `claims(user)` among them. */
  readonly claims: Readonly<Registered<'claims', unknown>> & Readonly<Record<string, unknown>>;
}

/** What a credential kind may look at. */
export interface CredentialRequest {
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** A further way to authenticate a request, beside the access token: an API key, for example. */
export interface CredentialKind {
  /** Whether the request carries a credential of this kind; decides alone who authenticates it. */
  matches(request: CredentialRequest): boolean;
  /** @throws AuthError `invalid_token`, `token_expired`, `token_revoked`, `store_unavailable` */
  authenticate(request: CredentialRequest): Promise<Principal>;
}
