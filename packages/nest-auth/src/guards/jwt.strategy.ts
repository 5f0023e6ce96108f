import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import type { AuthErrorCode } from '../core/errors/error-codes.js';
import type { Principal } from '../core/policy/principal.js';
import { TokenVerifier } from '../core/tokens/token-verifier.js';
import { AccessTokenReader } from '../http/access-token.js';
import { missingToken } from '../http/bearer-token.js';
import { isPrincipal, RequestUser, userFor } from '../transports/request-user.js';
import type { Registry, StrategyBase } from './passport-strategy.js';
import { strategyNames } from './strategy-names.js';

const JwtBase = PassportStrategy(Strategy, 'jwt') as unknown as StrategyBase;

/** Codes that blame the token; any other error is ours. */
const REFUSALS: readonly AuthErrorCode[] = ['missing_token', 'invalid_token', 'token_expired', 'token_revoked'];

/**
 * Passport's `jwt`: the access token of a request becomes a `Principal`. Verification is the
 * library's own; `AuthGuard('jwt')` of @nestjs/passport reaches the same code as `JwtAuthGuard`.
 */
@Injectable()
export class JwtStrategy extends JwtBase {
  // No #private members: Passport runs an object made from this one.
  private readonly verifier: TokenVerifier;
  private readonly accessTokenOf: AccessTokenReader;
  private readonly requestUser: RequestUser | null;

  constructor(
    @Inject(TokenVerifier) verifier: TokenVerifier,
    @Inject(AccessTokenReader) accessTokenOf: AccessTokenReader,
    @Inject(RequestUser) requestUser: RequestUser | null,
  ) {
    super({ jwtFromRequest: accessTokenOf, secretOrKeyProvider: keysAreChosenByTheVerifier });
    this.verifier = verifier;
    this.accessTokenOf = accessTokenOf;
    this.requestUser = requestUser;
  }

  /**
   * The synchronous entry. @returns `null` when the request carries no access token; a promise only if a store
   * has to be asked
   * @param before only when an open connection is checked again: the caller it was opened for
   * @throws AuthError `invalid_token`, `token_expired`, `token_revoked`, `store_unavailable`, `cross_site_request`, `invalid_request`
   */
  principalOf(request: AuthRequest, before?: unknown): Principal | Promise<Principal> | null {
    const token = this.accessTokenOf(request);
    return token === null ? null : this.verifier.authenticate(token, before);
  }

  /**
   * What the app finds in `request.user`: the caller, unless the option `requestUser` says otherwise.
   * @throws AuthError `invalid_configuration` if `requestUser` does not return an object
   */
  userFor(request: AuthRequest, caller: unknown): unknown {
    return this.requestUser !== null && isPrincipal(caller) ? userFor(request, caller, this.requestUser) : caller;
  }

  /** Called while the strategy registers itself. */
  override getPassportInstance(): Registry {
    return strategyNames;
  }

  /** Passport's entry. A store that is down is an error, never a failed login. */
  override authenticate(request: AuthRequest): void {
    const refuse = (error: unknown): void => {
      if (error instanceof AuthError && REFUSALS.includes(error.code)) this.fail(error, 401);
      else this.error(error);
    };
    // Async, so that what the verification throws arrives as a rejection.
    const arriving = (async () => this.principalOf(request))();
    arriving
      .then((principal) => (principal ? this.success(this.userFor(request, principal)) : refuse(missingToken(request))))
      .catch(refuse);
  }

  /** Passport requires this method; the principal is already final. */
  validate(principal: Principal): Principal {
    return principal;
  }
}

function keysAreChosenByTheVerifier(_request: unknown, _token: unknown, done: (error: Error) => void): void {
  done(new AuthError('invalid_token'));
}
