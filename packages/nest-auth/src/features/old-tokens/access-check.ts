import { createPublicKey, createSecretKey, KeyObject } from 'node:crypto';
import { AuthError, type Clock, type SettingsOf } from '@acme/nest-auth';
import { JwtService } from '@nestjs/jwt';
import type { OLD_TOKENS_OPTIONS, OldClaims } from './old-tokens.options.js';

export type AccessSettings = NonNullable<SettingsOf<typeof OLD_TOKENS_OPTIONS>['access']>;

/** The type of the library's own access tokens (RFC 9068 §2.1). */
const OWN_TYPE = 'at+jwt';
/** In bytes. Somebody who guesses the secret can make a token of any user. */
const SHORTEST_SECRET = 16;

/** Checks old access tokens: one key, one algorithm. */
export class AccessCheck {
  readonly #jwt = new JwtService({});
  readonly #key: KeyObject;

  /** @throws AuthError `invalid_configuration` for a key that does not fit the algorithm, or that can be guessed */
  constructor(
    private readonly settings: Omit<AccessSettings, 'key'>,
    key: AccessSettings['key'],
    private readonly clock: Clock,
  ) {
    this.#key = settings.alg.startsWith('HS') ? secretOf(key) : publicKeyOf(key, settings.alg);
  }

  /**
   * The claims of a token.
   * @returns `undefined` for a token that is not one of the old app's
   * @throws AuthError `token_expired`
   */
  claimsOf(token: string): OldClaims | undefined {
    const { alg, issuer, audience } = this.settings;
    try {
      const { header, payload } = this.#jwt.verify<{ header: OldClaims; payload: unknown }>(token, {
        secret: this.#key as never,
        // The token's header must not choose the algorithm (RFC 8725 §3.1).
        algorithms: [alg],
        clockTimestamp: Math.floor(this.clock() / 1000),
        complete: true,
        ...(issuer === undefined ? {} : { issuer }),
        ...(audience === undefined ? {} : { audience }),
      });
      // The old secret must not sign tokens of the library's own type.
      if (header.typ === OWN_TYPE || typeof payload !== 'object' || payload === null) return undefined;
      return payload as OldClaims;
    } catch (error) {
      if ((error as Partial<Error>).name === 'TokenExpiredError') throw new AuthError('token_expired');
      return undefined;
    }
  }
}

function secretOf(key: AccessSettings['key']): KeyObject {
  const isPem = typeof key === 'string' && key.includes('-----BEGIN ');
  if (isPem || (typeof key !== 'string' && key.type !== 'secret')) {
    throw invalid('key is a public or private key, but alg needs a secret; write the alg that the old app signed with');
  }
  const secret = typeof key === 'string' ? createSecretKey(Buffer.from(key)) : key;
  if ((secret.symmetricKeySize ?? 0) >= SHORTEST_SECRET) return secret;
  throw invalid(
    `key is shorter than ${SHORTEST_SECRET} bytes, so it can be guessed; leave access out: old access tokens end with the switch, and users log in again`,
  );
}

function publicKeyOf(key: AccessSettings['key'], alg: string): KeyObject {
  const wanted = alg.startsWith('ES') ? 'ec' : 'rsa';
  try {
    const found = typeof key !== 'string' && key.type === 'public' ? key : createPublicKey(key as string);
    if (found.asymmetricKeyType === wanted) return found;
  } catch {
    // The error may quote the key.
  }
  throw invalid(
    `key is not the ${wanted.toUpperCase()} key that alg '${alg}' needs; give the public key in PEM format`,
  );
}

function invalid(problem: string): AuthError {
  return new AuthError('invalid_configuration', { message: `oldTokens.access.${problem}.` });
}
