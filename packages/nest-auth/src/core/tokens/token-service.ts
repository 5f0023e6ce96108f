import { randomUUID } from 'node:crypto';
import type { AuthUser } from '../../ports/user-store.js';
import { invalid, record, text } from '../arguments.js';
import { AuthError } from '../errors/auth-error.js';
import { type AccessKeys, KeyRing, type SigningAlgorithm } from '../keys/key-ring.js';
import { type LoginDetails, readLogin } from '../login-details.js';
import type { IssuedClaims, Principal, RegisteredUser } from '../policy/principal.js';
import { readAppAnswer } from '../users/app-answer.js';
import { readUser } from '../users/stored-user.js';
import { claimsOf, type TokenHooks } from './token-hooks.js';
import { MAX_TOKEN_LENGTH, TOKEN_TYPE, TokenVerifier, type TokenVerifierOptions } from './token-verifier.js';

/** The only method of `JwtService` that is used. */
export interface Jws {
  sign(payload: object, options: object): string;
}

/** If there are several audiences, tokens are issued for the first. */
export interface TokenServiceOptions extends Omit<TokenVerifierOptions, 'keys' | 'maxAge'> {
  readonly keys: AccessKeys;
  /** Lifetime of an access token in seconds. Older tokens are refused. */
  readonly ttl: number;
  readonly claims: ((user: RegisteredUser) => IssuedClaims | Promise<IssuedClaims>) | undefined;
  /** Hooks of features. @default none */
  readonly hooks?: readonly TokenHooks[];
  readonly jws: Jws;
  /** Maximum length of an access token that a client can keep, in characters. @default 8192 */
  readonly maxLength?: number | undefined;
}

/** What an access token says about its session. A `LiveSession` has all of it. */
export interface IssueOptions extends Pick<LoginDetails, 'methods' | 'actorId'> {
  /** The session's absolute end. The token does not outlive it. @default none */
  readonly endsAt?: Date;
  /** When the user last proved who they are. @default now */
  readonly authenticatedAt?: Date;
}

/** An access key, without the key itself. */
export interface KeyStatus {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  /** Whether it signs new tokens. Only one key does. */
  readonly signs: boolean;
  /** When this process first knew it. */
  readonly since: Date;
}

/** Issues access tokens, and verifies them with the same keys. */
export class TokenService {
  #keys: KeyRing;
  /** When each kid became known, in milliseconds. */
  #known: ReadonlyMap<string, number>;
  /** The part that only verifies. */
  readonly verifier: TokenVerifier;
  // Without the keys: at run time these fields are public, and a logged service shows them.
  private readonly options: Omit<TokenServiceOptions, 'keys'>;

  constructor({ keys, ...options }: TokenServiceOptions) {
    this.options = options;
    this.#keys = new KeyRing(keys);
    this.#known = this.#knownSince(new Map());
    this.verifier = new TokenVerifier({ ...options, keys: this.#keys, maxAge: options.ttl });
  }

  /**
   * Signs an access token for a user's session. What `claims(user)` adds cannot replace the library's own claims.
   * @throws AuthError `invalid_configuration` if roles and claims make it longer than 8192 characters (fewer in a
   * cookie), or `claims(user)` does not return an object; `invalid_request` for details of the wrong type;
   * `contract_broken` for a user that does not match `AuthUser`
   */
  async issue(
    user: AuthUser,
    sessionId: string,
    session: IssueOptions = {},
  ): Promise<{ readonly token: string; readonly expiresIn: number }> {
    const { ttl, issuer, audience, clock, jws, maxLength = MAX_TOKEN_LENGTH } = this.options;
    const { id, roles, permissions } = readUser(user, 'TokenService.issue was given');
    text(sessionId, 'sessionId');
    const { endsAt, authenticatedAt, methods, actorId } = record(session, 'session');
    const login = readLogin({ methods, actorId });
    const issuedAt = Math.floor(clock() / 1000);
    const end = endsAt ? secondsOf(endsAt, 'endsAt') : Number.POSITIVE_INFINITY;
    const expiresIn = Math.max(0, Math.min(ttl, end - issuedAt));
    const payload = {
      ...(await this.claimsOf(user)),
      nbf: undefined,
      sub: id,
      sid: sessionId,
      jti: randomUUID(),
      roles: [...roles],
      permissions: permissions?.length ? [...permissions] : undefined,
      amr: login.methods,
      auth_time: authenticatedAt ? secondsOf(authenticatedAt, 'authenticatedAt') : issuedAt,
      // Set to `undefined` without an actor, so that `claims(user)` cannot invent one.
      act: login.actorId === null ? undefined : { sub: login.actorId },
      iat: issuedAt,
      exp: issuedAt + expiresIn,
      iss: issuer,
      aud: audience[0],
    };
    const { alg, kid, signingKey } = this.#keys.signer;
    const token = jws.sign(JSON.parse(JSON.stringify(payload)), {
      algorithm: alg,
      header: { alg, typ: TOKEN_TYPE, kid },
      [alg.startsWith('HS') ? 'secret' : 'privateKey']: signingKey,
    });
    if (token.length > maxLength) {
      const message =
        `The access token of a user would have ${token.length} characters, and ${maxLength} is the most. ` +
        `It has ${roles.length} roles and ${permissions?.length ?? 0} permissions: give fewer of them, or fewer claims.`;
      throw new AuthError('invalid_configuration', { message });
    }
    return { token, expiresIn };
  }

  /**
   * What the app and the features add to an access token of a user.
   * @throws AuthError `invalid_configuration` if `claims(user)` does not return an object
   */
  async claimsOf(user: AuthUser): Promise<Record<string, unknown>> {
    const { claims, hooks = [] } = this.options;
    return {
      ...readAppAnswer(await claims?.(user as RegisteredUser), user, 'claims(user)'),
      ...claimsOf(hooks, user),
    };
  }

  /**
   * Checks an access token completely, revocation included.
   * @throws AuthError `invalid_token`, `token_expired`, `token_revoked`; `store_unavailable` with strict revocation
   */
  async verify(token: string): Promise<Principal> {
    return this.verifier.authenticate(token);
  }

  /** Like `verify`, but synchronous if no store has to be asked. */
  authenticate(token: string): Principal | Promise<Principal> {
    return this.verifier.authenticate(token);
  }

  /**
   * Replaces the access keys while the app runs. Every process must know a key before any process signs with it: first
   * add it at the end everywhere, then move it to the front, and remove the old one when its last token has expired.
   * @throws RangeError when a key is weak or malformed; the old keys stay
   */
  useKeys(keys: AccessKeys): void {
    this.#keys = new KeyRing(keys);
    this.#known = this.#knownSince(this.#known);
    this.verifier.trust(this.#keys);
  }

  /** Descriptions of the access keys, the signing one first. They do not contain the keys. */
  keys(): readonly KeyStatus[] {
    const { signer } = this.#keys;
    const since = ({ kid }: { readonly kid: string }) => new Date(this.#known.get(kid) ?? 0);
    return this.#keys.all().map((key) => ({ kid: key.kid, alg: key.alg, signs: key === signer, since: since(key) }));
  }

  /** The public keys as a JWK Set (RFC 7517); empty when the keys are symmetric. */
  jwks(): ReturnType<KeyRing['jwks']> {
    return this.#keys.jwks();
  }

  #knownSince(before: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
    const now = this.options.clock();
    return new Map(this.#keys.all().map(({ kid }) => [kid, before.get(kid) ?? now]));
  }
}

function secondsOf(time: Date, name: string): number {
  if (time instanceof Date && time.getTime() >= 0) return Math.floor(time.getTime() / 1000);
  throw invalid(`${name} must be a valid Date.`, name);
}
