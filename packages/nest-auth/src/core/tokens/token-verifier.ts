import { AuthError } from '../errors/auth-error.js';
import type { RingKey } from '../keys/key-ring.js';
import type { Principal } from '../policy/principal.js';
import type { RevocationSource, Revocations } from '../revocation/revocations.js';
import type { Clock } from '../time.js';
import { deepFreeze, isActor, isAudience, isId, isStrings, isTime } from './claim-checks.js';
import { ForeignCallers } from './foreign-callers.js';
import { ownClaimsOf, type ReadCaller } from './foreign-claims.js';
import { isSigned, type SignatureCheck } from './signature.js';
import type { TokenHooks } from './token-hooks.js';
import { copyOf, type VerifiedToken, VerifiedTokens } from './verified-tokens.js';

/** The keys that may verify. A `kid` only selects one of them (RFC 8725 §3.10). */
export interface VerificationKeys {
  get(kid: string): RingKey | undefined;
}

export interface TokenVerifierOptions {
  /** Without them nothing can be verified until `trust` is called. */
  readonly keys?: VerificationKeys;
  readonly issuer: string | undefined;
  /** A token for any of them is accepted. */
  readonly audience: readonly string[];
  /** Allowed clock difference, in seconds. */
  readonly clockTolerance: number;
  /** The oldest token that is accepted, in seconds. */
  readonly maxAge: number;
  readonly clock: Clock;
  /** @default `isSigned` */
  readonly isSigned?: SignatureCheck;
  readonly revocations?: Revocations | undefined;
  /** Asks the store whether a session is live: always without `revocations`, otherwise only if they cannot tell. */
  readonly isLive?: ((sessionId: string) => Promise<boolean>) | undefined;
  /** For tokens of another issuer, which have other claims. @default the library's own claims */
  readonly caller?: ReadCaller | undefined;
  /** Features that may accept tokens of other systems. @default none */
  readonly hooks?: readonly TokenHooks[];
}

/** RFC 9068 §2.1 */
export const TOKEN_TYPE = 'at+jwt';
/** Longer than any reasonable access token, and short enough to be parsed cheaply. */
export const MAX_TOKEN_LENGTH = 8192;
/** Reused for decoding each segment: allocating a buffer takes as long as decoding. */
const SCRATCH = Buffer.alloc(MAX_TOKEN_LENGTH);
const NONE: readonly string[] = Object.freeze([]);
/** In seconds: `Retry-After` while no trusted keys are known. */
const RETRY_WITHOUT_KEYS = 5;

/** Verifies access tokens, and cannot issue any. */
export class TokenVerifier {
  #keys: VerificationKeys = new Map();
  #trustedUntil = Number.NEGATIVE_INFINITY;
  readonly #cache = new VerifiedTokens();
  /** Keys by accepted header. Each key has only a few headers: three members in any order. */
  readonly #headers = new Map<string, RingKey>();
  // Without the keys: at run time these fields are public, and a logged service shows them.
  private readonly options: Omit<TokenVerifierOptions, 'keys'>;
  readonly #foreign: ForeignCallers;

  constructor({ keys, ...options }: TokenVerifierOptions) {
    this.options = options;
    this.#foreign = new ForeignCallers(options);
    if (keys) this.trust(keys);
  }

  /**
   * Checks an access token completely, revocation included.
   * @throws AuthError `invalid_token`, `token_expired`, `token_revoked`; `store_unavailable` if the issuer's keys or
   * the revocations are unknown, or if the store fails during a strict check
   */
  async verify(token: string): Promise<Principal> {
    return this.authenticate(token);
  }

  /**
   * Like `verify`, but synchronous if no store has to be asked: the guard's hot path.
   * @param before the caller of an open connection that is checked again
   */
  authenticate(token: string, before?: unknown): Principal | Promise<Principal> {
    const { revocations, isLive, clock } = this.options;
    const time = clock();
    // Checked first: without keys no token can be called invalid. Negated, so that an invalid time (NaN) counts as too
    // late.
    if (!(time < this.#trustedUntil)) throw new AuthError('store_unavailable', { retryAfter: RETRY_WITHOUT_KEYS });
    // Checked before the token is read: searching 20 MB for a separator takes longer than refusing them.
    if (typeof token !== 'string' || token.length > MAX_TOKEN_LENGTH) throw new AuthError('invalid_token');
    const known = this.#cache.get(token);
    const verified = known ?? this.#openOwn(token);
    if (verified === undefined) return this.#foreign.find(token, before);
    const now = Math.floor(time / 1000);
    if (now >= verified.until) throw new AuthError('token_expired');
    if (now < verified.from) throw new AuthError('invalid_token');
    if (known === undefined) this.#cache.remember(verified);
    const { principal } = verified;
    if (revocations === undefined) return isLive === undefined ? principal : this.#checkLive(principal, isLive);
    const { source } = revocations;
    // The clock is read only once, unless a test has replaced it.
    if (source?.isCurrent(clock === Date.now ? time : undefined) === false) return this.#catchUp(source, token);
    return this.#checkRevocations(revocations, verified);
  }

  /**
   * Replaces the keys and forgets the tokens that the old ones verified. Passing the same keys again only extends their
   * trust.
   * @param until when the keys are no longer trusted, in milliseconds since the epoch
   */
  trust(keys: VerificationKeys, until = Number.POSITIVE_INFINITY): void {
    if (keys !== this.#keys) {
      this.#cache.clear();
      this.#headers.clear();
    }
    this.#keys = keys;
    this.#trustedUntil = until;
  }

  async #checkLive(principal: Principal, isLive: (sessionId: string) => Promise<boolean>): Promise<Principal> {
    if (!(await isLive(principal.sessionId))) throw revoked();
    return principal;
  }

  async #catchUp(source: RevocationSource, token: string): Promise<Principal> {
    await source.catchUp();
    return this.authenticate(token);
  }

  #checkRevocations(revocations: Revocations, verified: VerifiedToken): Principal | Promise<Principal> {
    const { principal } = verified;
    const { added } = revocations;
    // Nothing was revoked since the last check of this token.
    if (verified.clearedOf === added) return principal;
    if (revocations.hasSession(principal.sessionId)) throw revoked();
    if (revocations.hasUser(principal.id)) return this.#checkDoubtful(verified, added);
    verified.clearedOf = added;
    return principal;
  }

  async #checkDoubtful(verified: VerifiedToken, added: number): Promise<Principal> {
    const principal = await this.#checkLive(verified.principal, this.options.isLive ?? nobodyLives);
    verified.clearedOf = added;
    return principal;
  }

  /** @returns `undefined` for a token that the library did not issue, if a feature may know it */
  #openOwn(token: string): VerifiedToken | undefined {
    try {
      return this.#open(token);
    } catch (error) {
      if (this.#foreign.mayExist && error instanceof AuthError && error.code === 'invalid_token') return undefined;
      throw error;
    }
  }

  #open(token: string): VerifiedToken {
    const [first, last] = [token.indexOf('.'), token.lastIndexOf('.')];
    const signature = token.slice(last + 1);
    const payload = token.slice(first + 1, last);
    // Three parts, none of them empty.
    if (first < 1 || first === last || signature === '' || payload === '' || payload.includes('.'))
      throw new AuthError('invalid_token');
    const header = token.slice(0, first);
    const key = this.#headers.get(header) ?? this.#readHeader(header);
    const { isSigned: isGenuine = isSigned } = this.options;
    if (!isGenuine(token.slice(0, last), signature, key)) throw new AuthError('invalid_token');
    return this.#read(token, parseSegment(payload));
  }

  #readHeader(header: string): RingKey {
    const key = this.#keyOf(parseSegment(header));
    this.#headers.set(copyOf(header), key);
    return key;
  }

  /** The header only selects a `kid` of the ring. A header with `crit`, `jwk`, `jku` or any other member is refused. */
  #keyOf({ alg, typ, kid, ...others }: Record<string, unknown>): RingKey {
    const key = typeof kid === 'string' ? this.#keys.get(kid) : undefined;
    if (!key || alg !== key.alg || !this.#isType(typ) || Object.keys(others).length > 0)
      throw new AuthError('invalid_token');
    return key;
  }

  /**
   * Other issuers write no type, or just `JWT`. The app's `caller` must then recognise access tokens among their
   * tokens.
   */
  #isType(typ: unknown): boolean {
    if (this.options.caller === undefined) return typ === TOKEN_TYPE;
    return typ === undefined || typ === 'JWT' || typ === TOKEN_TYPE;
  }

  #read(token: string, payload: Record<string, unknown>): VerifiedToken {
    const read = this.options.caller;
    const own = read === undefined ? payload : ownClaimsOf(deepFreeze(payload), read);
    const { sub, sid, jti, roles, permissions = NONE, iat, exp, nbf = 0, iss, aud, act } = own;
    // A token of another issuer may lack how and when the user logged in. `iat` cannot replace it: each refresh would
    // renew the login.
    const { amr = NONE, auth_time = 0 } = own;
    const { issuer, audience, clockTolerance, maxAge } = this.options;
    const sound =
      isId(sub) && isId(sid) && isId(jti) && isStrings(roles) && isStrings(permissions) && isAudience(aud, audience);
    if (!sound || iss !== issuer || !isTime(iat) || !isTime(exp) || !isTime(nbf)) throw new AuthError('invalid_token');
    if (!isStrings(amr) || !isTime(auth_time) || !isActor(act)) throw new AuthError('invalid_token');
    const principal = Object.freeze({
      id: sub,
      roles,
      permissions,
      sessionId: sid,
      methods: amr,
      authenticatedAt: auth_time,
      actorId: act?.sub,
      // This also freezes the principal's lists, which are part of the claims.
      claims: deepFreeze(payload),
    });
    return {
      token,
      principal: principal as unknown as Principal,
      issuedAt: iat,
      from: Math.max(iat, nbf) - clockTolerance,
      // The age limit keeps a token from outliving its revocation when `ttl.access` was shortened.
      until: Math.min(exp, iat + maxAge) + clockTolerance,
      clearedOf: -1,
    };
  }
}

const nobodyLives = async () => false;

function revoked(): AuthError {
  return new AuthError('token_revoked');
}

/**
 * Parses a segment as an object. It must be spelled as JSON.stringify would spell it: that rules out duplicate members
 * (RFC 7519 §4), numbers such as 1e400, and a second spelling of the same token.
 */
function parseSegment(segment: string): Record<string, unknown> {
  try {
    const length = SCRATCH.write(segment, 'base64url');
    const text = SCRATCH.toString('utf8', 0, length);
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    // Canonical base64url: no padding, no foreign characters, no spare bits.
    const isCanonical = SCRATCH.toString('base64url', 0, length) === segment && JSON.stringify(value) === text;
    if (isObject && isCanonical) return value as Record<string, unknown>;
  } catch {
    // Not JSON: refused below, without quoting the input.
  }
  throw new AuthError('invalid_token');
}
