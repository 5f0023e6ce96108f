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

/** The keys that may verify. A `kid` is a name among them and nothing else (RFC 8725 §3.10). */
export interface VerificationKeys {
  get(kid: string): RingKey | undefined;
}

export interface TokenVerifierOptions {
  /** Without them nothing can be verified until `trust` is called. */
  readonly keys?: VerificationKeys;
  readonly issuer: string | undefined;
  /** A token for any of them is accepted. */
  readonly audience: readonly string[];
  /** Seconds by which clocks may differ. */
  readonly clockTolerance: number;
  /** The oldest token that is accepted, in seconds. */
  readonly maxAge: number;
  readonly clock: Clock;
  /** @default `isSigned` */
  readonly isSigned?: SignatureCheck;
  readonly revocations?: Revocations | undefined;
  /** Asks the store whether a session lives: each time without `revocations`, otherwise only if they cannot tell. */
  readonly isLive?: ((sessionId: string) => Promise<boolean>) | undefined;
  /** For tokens of another issuer, which do not have our claims. @default ours */
  readonly caller?: ReadCaller | undefined;
  /** Features that may accept tokens of other systems. @default none */
  readonly hooks?: readonly TokenHooks[];
}

/** RFC 9068 §2.1 */
export const TOKEN_TYPE = 'at+jwt';
/** Longer than any sane access token, and short enough to be parsed cheaply. */
export const MAX_TOKEN_LENGTH = 8192;
/** Segments are decoded here one after the other: making a buffer for each takes as long as decoding it. */
const SCRATCH = Buffer.alloc(MAX_TOKEN_LENGTH);
const NONE: readonly string[] = Object.freeze([]);
/** In seconds: for clients, while it cannot be said which keys are the right ones. */
const RETRY_WITHOUT_KEYS = 5;

/** Verifies access tokens, and cannot issue any. */
export class TokenVerifier {
  #keys: VerificationKeys = new Map();
  #trustedUntil = Number.NEGATIVE_INFINITY;
  readonly #cache = new VerifiedTokens();
  /** Keys by accepted header. Each key has only a few: the orders of three members. */
  readonly #headers = new Map<string, RingKey>();
  // Without the keys: what is in a public field ends up in logs, when somebody inspects a service.
  private readonly options: Omit<TokenVerifierOptions, 'keys'>;
  readonly #foreign: ForeignCallers;

  constructor({ keys, ...options }: TokenVerifierOptions) {
    this.options = options;
    this.#foreign = new ForeignCallers(options);
    if (keys) this.trust(keys);
  }

  /**
   * Checks an access token completely, revocation included.
   * @throws AuthError `invalid_token`, `token_expired`, `token_revoked`; `store_unavailable` while the keys of the
   * issuer are not known, while revocations cannot be learnt, and with strict revocation
   */
  async verify(token: string): Promise<Principal> {
    return this.authenticate(token);
  }

  /**
   * As `verify`, but answers at once if no store has to be asked: the guard's hot path.
   * @param before the caller that a connection was opened for, when it is checked again
   */
  authenticate(token: string, before?: unknown): Principal | Promise<Principal> {
    const { revocations, isLive, clock } = this.options;
    const time = clock();
    // Checked first: without keys no token can be called wrong. Negated, so that an invalid time counts as too late.
    if (!(time < this.#trustedUntil)) throw new AuthError('store_unavailable', { retryAfter: RETRY_WITHOUT_KEYS });
    // Before the cache: to look for a separator in 20 MB takes longer than to refuse them.
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
    // One reading of the clock serves twice, unless a test moves the app's clock.
    if (source?.isCurrent(clock === Date.now ? time : undefined) === false) return this.#catchUp(source, token);
    return this.#checkRevocations(revocations, verified);
  }

  /**
   * Replaces the keys; what others have verified is forgotten. The same keys again are only trusted for longer.
   * @param until when they may no longer be relied on, in milliseconds since the epoch
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
    // Revocations are only ever added: a token that was not revoked still is not, until there is a new one.
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

  /** @returns `undefined` for a token that is not one of ours, if somebody else may know it */
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

  /** The header never chooses more than a `kid` of the ring; `crit`, `jwk`, `jku` and the like are not for us. */
  #keyOf({ alg, typ, kid, ...others }: Record<string, unknown>): RingKey {
    const key = typeof kid === 'string' ? this.#keys.get(kid) : undefined;
    if (!key || alg !== key.alg || !this.#isType(typ) || Object.keys(others).length > 0)
      throw new AuthError('invalid_token');
    return key;
  }

  /** Others write no type, or that of any JWT. The app then tells their access tokens from their other tokens. */
  #isType(typ: unknown): boolean {
    if (this.options.caller === undefined) return typ === TOKEN_TYPE;
    return typ === undefined || typ === 'JWT' || typ === TOKEN_TYPE;
  }

  #read(token: string, payload: Record<string, unknown>): VerifiedToken {
    const read = this.options.caller;
    const own = read === undefined ? payload : ownClaimsOf(deepFreeze(payload), read);
    const { sub, sid, jti, roles, permissions = NONE, iat, exp, nbf = 0, iss, aud, act } = own;
    // Another issuer may not say how and when the user logged in. Not `iat`: each refresh would renew the login.
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
      // The lists of the principal are frozen among the claims.
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
 * A segment as an object. It must be spelled as JSON.stringify would spell it: that rules out duplicate members
 * (RFC 7519 §4), numbers such as 1e400, and a second spelling of the same token.
 */
function parseSegment(segment: string): Record<string, unknown> {
  try {
    const length = SCRATCH.write(segment, 'base64url');
    const text = SCRATCH.toString('utf8', 0, length);
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    // Base64url in its only form: no padding, no foreign characters, no spare bits.
    const isCanonical = SCRATCH.toString('base64url', 0, length) === segment && JSON.stringify(value) === text;
    if (isObject && isCanonical) return value as Record<string, unknown>;
  } catch {
    // Not JSON: refused below, without a word of the input.
  }
  throw new AuthError('invalid_token');
}
