import { createHash } from 'node:crypto';
import { AuthError } from '../errors/auth-error.js';
import { readJwkSet } from '../keys/jwk-set.js';
import { type Fetch, fetchJwks } from '../keys/jwks-fetch.js';
import type { RingKey } from '../keys/key-ring.js';
import type { Clock } from '../time.js';
import { isSigned } from './signature.js';

/** Which ID tokens are trusted: their issuer, audience and nonce. */
export interface IdTokenTrust {
  readonly jwksUri: string;
  readonly isIssuer: (issuer: string) => boolean;
  /** The app's client ids. The token must be issued for one of them. */
  readonly audience: readonly string[];
  /** The token contains its SHA-256 in hexadecimal, so that a copied token does not reveal it. */
  readonly nonce: string;
}

interface KnownKeys {
  readonly ring: ReadonlyMap<string, RingKey>;
  readonly askedAt: number;
}

type Claims = Readonly<Record<string, unknown>>;

/** Longer than any ID token of a well-known provider. */
const MAX_LENGTH = 8192;
/** In seconds. */
const MAX_AGE = 600;
const TOLERANCE = 60;
const FRESH_MS = 10 * 60_000;
/** How long after a request an unknown `kid` causes no other one, so that invented ones put no load on the issuer. */
const PAUSE_MS = 30_000;
const TIMEOUT_MS = 5_000;

/** Verifies ID tokens of other issuers (OpenID Connect Core §3.1.3.7), with the keys that those issuers publish. */
export class IdTokens {
  readonly #known = new Map<string, KnownKeys>();
  readonly #asking = new Map<string, Promise<KnownKeys>>();

  constructor(
    private readonly clock: Clock,
    private readonly fetch: Fetch,
  ) {}

  /**
   * @returns the claims, or `null` for a token that is not valid, not for this app, or older than ten minutes
   * @throws AuthError `store_unavailable` if the keys cannot be fetched
   */
  async verify(token: string, { jwksUri, isIssuer, audience, nonce }: IdTokenTrust): Promise<Claims | null> {
    const [head = '', body = '', signature = '', ...rest] = token.length > MAX_LENGTH ? [] : token.split('.');
    const [header, claims] = [parse(head), parse(body)];
    if (!header || !claims || rest.length > 0 || 'crit' in header || typeof header.kid !== 'string') return null;
    const key = await this.#key(jwksUri, header.kid);
    // The key determines the algorithm. The token must name the same one (RFC 8725 §3.1).
    if (!key || key.alg !== header.alg || !isSigned(`${head}.${body}`, signature, key)) return null;
    const { iss, aud, azp, sub, exp, iat } = claims;
    const now = this.clock() / 1000;
    const audiences = [aud].flat();
    const isMeant =
      typeof iss === 'string' &&
      isIssuer(iss) &&
      typeof sub === 'string' &&
      audiences.length > 0 &&
      audiences.every((one) => typeof one === 'string' && audience.includes(one)) &&
      (azp === undefined || audience.includes(azp as string));
    const isCurrent =
      isTime(exp) && isTime(iat) && now < exp + TOLERANCE && iat - TOLERANCE <= now && now < iat + MAX_AGE;
    return isMeant && isCurrent && claims.nonce === createHash('sha256').update(nonce).digest('hex') ? claims : null;
  }

  async #key(uri: string, kid: string): Promise<RingKey | undefined> {
    const known = this.#known.get(uri);
    const age = this.clock() - (known?.askedAt ?? Number.NEGATIVE_INFINITY);
    const found = known?.ring.get(kid);
    if (known && (found ? age < FRESH_MS : age < PAUSE_MS)) return found;
    return (await this.#ask(uri)).ring.get(kid);
  }

  /** Concurrent calls share one request. */
  #ask(uri: string): Promise<KnownKeys> {
    let asking = this.#asking.get(uri);
    if (!asking) {
      asking = this.#load(uri).finally(() => this.#asking.delete(uri));
      this.#asking.set(uri, asking);
    }
    return asking;
  }

  async #load(uri: string): Promise<KnownKeys> {
    const askedAt = this.clock();
    try {
      const ring = readJwkSet(await fetchJwks(uri, this.fetch, AbortSignal.timeout(TIMEOUT_MS)));
      const keys = { ring, askedAt };
      this.#known.set(uri, keys);
      return keys;
    } catch (cause) {
      throw new AuthError('store_unavailable', { cause });
    }
  }
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function parse(segment: string): Claims | null {
  try {
    const bytes = Buffer.from(segment, 'base64url');
    if (bytes.toString('base64url') !== segment) return null;
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : null;
  } catch {
    return null;
  }
}
