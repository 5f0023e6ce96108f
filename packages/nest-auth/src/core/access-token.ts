import { randomUUID } from 'node:crypto';
import type { AuthUser } from '../ports/user-store.js';
import { AuthError } from './auth-error.js';
import type { Principal, RegisteredUser } from './principal.js';
import type { Clock } from './time.js';
import { type AccessKeys, KeyRing, type RingKey } from './tokens/key-ring.js';
import type { Revocations } from './tokens/revocations.js';
import { type VerifiedToken, VerifiedTokens } from './tokens/verified-tokens.js';

/** The two calls of `JwtService` that are used: it signs and checks signatures, everything else is decided here. */
export interface Jws {
  sign(payload: object, options: object): string;
  verify(token: string, options: object): unknown;
}

export interface TokenServiceOptions {
  readonly keys: AccessKeys;
  /** Lifetime of an access token in seconds; also the oldest that is accepted. */
  readonly ttl: number;
  readonly issuer: string | undefined;
  /** The first is written into tokens; a token for any of them is accepted. */
  readonly audience: readonly string[];
  /** Seconds by which clocks may differ. */
  readonly clockTolerance: number;
  readonly claims: ((user: RegisteredUser) => Record<string, unknown> | Promise<Record<string, unknown>>) | undefined;
  readonly clock: Clock;
  readonly jws: Jws;
  readonly revocations: Revocations | undefined;
  /** Asks the store whether a session lives; given for `revocation: 'strict'`. */
  readonly isLive: ((sessionId: string) => Promise<boolean>) | undefined;
}

/** RFC 9068 §2.1 */
const TYPE = 'at+jwt';
/** Longer than any sane access token, shorter than what parsing could be made to suffer from. */
const MAX_LENGTH = 8192;
const MAX_ID_LENGTH = 255;

/** Issues and verifies access tokens. */
export class TokenService {
  #keys: KeyRing;
  readonly #cache = new VerifiedTokens();
  // Without the keys: what is in a public field ends up in logs, when somebody inspects a service.
  private readonly options: Omit<TokenServiceOptions, 'keys'>;

  constructor({ keys, ...options }: TokenServiceOptions) {
    this.options = options;
    this.#keys = new KeyRing(keys);
  }

  /**
   * Signs an access token of a user's session. What `claims(user)` adds cannot replace the library's own claims.
   * @throws AuthError `invalid_configuration` when roles and claims make it longer than 8192 characters
   */
  async issue(user: AuthUser, sessionId: string): Promise<{ readonly token: string; readonly expiresIn: number }> {
    const { ttl, issuer, audience, claims, clock, jws } = this.options;
    const issuedAt = Math.floor(clock() / 1000);
    const payload = {
      ...(await claims?.(user as RegisteredUser)),
      nbf: undefined,
      sub: String(user.id),
      sid: sessionId,
      jti: randomUUID(),
      roles: [...user.roles],
      permissions: user.permissions?.length ? [...user.permissions] : undefined,
      iat: issuedAt,
      exp: issuedAt + ttl,
      iss: issuer,
      aud: audience[0],
    };
    const { alg, kid, signingKey } = this.#keys.signer;
    const token = jws.sign(JSON.parse(JSON.stringify(payload)), {
      algorithm: alg,
      header: { alg, typ: TYPE, kid },
      [alg.startsWith('HS') ? 'secret' : 'privateKey']: signingKey,
    });
    if (token.length > MAX_LENGTH) {
      const message = `The access token of a user has ${token.length} characters; give fewer roles or claims.`;
      throw new AuthError('invalid_configuration', { message });
    }
    return { token, expiresIn: ttl };
  }

  /**
   * Checks an access token completely, revocation included.
   * @throws AuthError `invalid_token`, `token_expired`, `token_revoked`; `store_unavailable` with strict revocation
   */
  async verify(token: string): Promise<Principal> {
    return this.authenticate(token);
  }

  /** As `verify`, but answers at once where no store has to be asked: the guard's hot path. */
  authenticate(token: string): Principal | Promise<Principal> {
    // Before the cache: to look for a separator in 20 MB takes longer than to refuse them.
    if (typeof token !== 'string' || token.length > MAX_LENGTH) throw new AuthError('invalid_token');
    const now = Math.floor(this.options.clock() / 1000);
    const known = this.#cache.get(token);
    const verified = known ?? this.#open(token);
    this.#checkTimes(verified, now);
    if (known === undefined) this.#cache.add(verified);
    const { principal } = verified;
    const { revocations } = this.options;
    if (revocations?.current === false) throw new AuthError('store_unavailable', { retryAfter: 1 });
    if (revocations?.has(principal.sessionId, principal.id, verified.issuedAt)) throw revoked();
    return this.options.isLive === undefined ? principal : this.#checkLive(principal, this.options.isLive);
  }

  /**
   * Replaces the access keys while the app runs. Every process must know a key before one signs with it: first add it
   * at the end everywhere, then move it to the front, and remove the old one when its last token has expired.
   * @throws RangeError when a key is weak or malformed; the old keys stay
   */
  useKeys(keys: AccessKeys): void {
    this.#keys = new KeyRing(keys);
    this.#cache.clear();
  }

  /** The public keys as a JWK Set (RFC 7517); empty when the keys are symmetric. */
  jwks(): ReturnType<KeyRing['jwks']> {
    return this.#keys.jwks();
  }

  async #checkLive(principal: Principal, isLive: (sessionId: string) => Promise<boolean>): Promise<Principal> {
    if (!(await isLive(principal.sessionId))) throw revoked();
    return principal;
  }

  #checkTimes({ issuedAt, expiresAt, notBefore }: VerifiedToken, now: number): void {
    const { clockTolerance, ttl } = this.options;
    // The age limit keeps a token from outliving its revocation when `ttl.access` was shortened.
    if (now >= Math.min(expiresAt, issuedAt + ttl) + clockTolerance) throw new AuthError('token_expired');
    if (Math.max(issuedAt, notBefore) > now + clockTolerance) throw new AuthError('invalid_token');
  }

  #open(token: string): VerifiedToken {
    const [header, payload, signature, ...rest] = token.split('.', 4);
    if (!header || !payload || !signature || rest.length > 0 || !isCanonical(signature)) {
      throw new AuthError('invalid_token');
    }
    const key = this.#keyOf(parseSegment(header));
    try {
      this.options.jws.verify(token, {
        algorithms: [key.alg],
        ignoreExpiration: true,
        ignoreNotBefore: true,
        [key.alg.startsWith('HS') ? 'secret' : 'publicKey']: key.verificationKey,
      });
    } catch (cause) {
      throw new AuthError('invalid_token', { cause });
    }
    return this.#read(token, parseSegment(payload));
  }

  /** The header never chooses more than a `kid` of the ring; `crit`, `jwk`, `jku` and the like are not for us. */
  #keyOf({ alg, typ, kid, ...others }: Record<string, unknown>): RingKey {
    const key = typeof kid === 'string' ? this.#keys.get(kid) : undefined;
    if (!key || alg !== key.alg || typ !== TYPE || Object.keys(others).length > 0) throw new AuthError('invalid_token');
    return key;
  }

  #read(token: string, payload: Record<string, unknown>): VerifiedToken {
    const { sub, sid, jti, roles, permissions = [], iat, exp, nbf = 0, iss, aud } = payload;
    const { issuer, audience } = this.options;
    const sound =
      isId(sub) && isId(sid) && isId(jti) && isStrings(roles) && isStrings(permissions) && isAudience(aud, audience);
    if (!sound || iss !== issuer || !isTime(iat) || !isTime(exp) || !isTime(nbf)) throw new AuthError('invalid_token');
    const principal: Principal = { id: sub, roles, permissions, sessionId: sid, claims: payload } as Principal;
    return { token, principal: deepFreeze(principal), issuedAt: iat, expiresAt: exp, notBefore: nbf };
  }
}

function revoked(): AuthError {
  return new AuthError('token_revoked');
}

/**
 * A segment as an object. It must be spelled as JSON.stringify would spell it: that rules out duplicate members
 * (RFC 7519 §4), numbers such as 1e400, and a second spelling of the same token.
 */
function parseSegment(segment: string): Record<string, unknown> {
  try {
    const text = Buffer.from(segment, 'base64url').toString();
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (isObject && isCanonical(segment) && JSON.stringify(value) === text) return value as Record<string, unknown>;
  } catch {
    // Not JSON: refused below, without a word of the input.
  }
  throw new AuthError('invalid_token');
}

/** Base64url in its only form: no padding, no foreign characters, no spare bits. */
function isCanonical(segment: string): boolean {
  return Buffer.from(segment, 'base64url').toString('base64url') === segment;
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_ID_LENGTH;
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isStrings(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

/** A token meant for somebody else is refused, and so is one for nobody where an audience is configured. */
function isAudience(aud: unknown, accepted: readonly string[]): boolean {
  if (aud === undefined) return accepted.length === 0;
  const named = typeof aud === 'string' ? [aud] : aud;
  return isStrings(named) && named.some((name) => accepted.includes(name));
}

function deepFreeze<T extends object>(value: T): T {
  for (const child of Object.values(value)) if (typeof child === 'object' && child !== null) deepFreeze(child);
  return Object.freeze(value);
}
