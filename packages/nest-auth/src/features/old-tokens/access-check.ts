import type { KeyObject } from 'node:crypto';
import { AuthError, type Clock, type SettingsOf } from '@acme/nest-auth';
import { JwtService } from '@nestjs/jwt';
import { readOldKey } from './old-key.js';
import type { OLD_TOKENS_OPTIONS, OldClaims } from './old-tokens.options.js';

export type AccessSettings = NonNullable<SettingsOf<typeof OLD_TOKENS_OPTIONS>['access']>;

/** The type of the library's own access tokens (RFC 9068 §2.1). */
const OWN_TYPE = 'at+jwt';

/** Checks old access tokens: one key, one algorithm. */
export class AccessCheck {
  readonly #jwt = new JwtService({});
  readonly #key: KeyObject;

  constructor(
    private readonly settings: Omit<AccessSettings, 'key'>,
    key: AccessSettings['key'],
    private readonly clock: Clock,
  ) {
    // Boot has checked that it is a key.
    this.#key = readOldKey(key, settings.alg) as KeyObject;
  }

  /**
   * The claims of a token.
   * @returns `undefined` if the old app did not issue the token
   * @throws AuthError `token_expired`
   */
  claimsOf(token: string): OldClaims | undefined {
    const { alg, issuer, audience } = this.settings;
    try {
      const { header, payload } = this.#jwt.verify<{ header: { readonly typ?: unknown }; payload: unknown }>(token, {
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
      return hasOldSubject(payload) ? payload : undefined;
    } catch (error) {
      if ((error as Partial<Error>).name === 'TokenExpiredError') throw new AuthError('token_expired');
      return undefined;
    }
  }
}

/** Lets `access.user` return `sub` unchanged. */
function hasOldSubject(payload: object): payload is OldClaims {
  const { sub } = payload as { readonly sub?: unknown };
  return sub === undefined || typeof sub === 'string' || typeof sub === 'number';
}
