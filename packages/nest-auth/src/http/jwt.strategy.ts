import { Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-jwt';
import { TokenService } from '../core/access-token.js';
import { AuthError } from '../core/auth-error.js';
import type { Principal } from '../core/principal.js';
import type { StrategyBase } from './passport-strategy.js';
import { type AuthRequest, accessTokenOf } from './token-transport.js';

const JwtBase = PassportStrategy(Strategy, 'jwt') as unknown as StrategyBase;

/**
 * Passport's `jwt`: the access token of the `Authorization` header becomes a `Principal`. Verification is the
 * library's own; `AuthGuard('jwt')` of @nestjs/passport reaches the same code as `JwtAuthGuard`.
 */
@Injectable()
export class JwtStrategy extends JwtBase {
  // No #private members: Passport runs an object made from this one.
  private readonly tokens: TokenService;

  constructor(@Inject(TokenService) tokens: TokenService) {
    super({ jwtFromRequest: accessTokenOf, secretOrKeyProvider: keysAreChosenByTokenService });
    this.tokens = tokens;
  }

  /**
   * The synchronous entry. @returns `null` when the request carries no bearer credentials; a promise only where a
   * store has to be asked
   * @throws AuthError `invalid_token`, `token_expired`, `token_revoked`
   */
  principalOf(request: AuthRequest): Principal | Promise<Principal> | null {
    const token = accessTokenOf(request);
    return token === null ? null : this.tokens.authenticate(token);
  }

  /** Passport's entry. A store that is down is an error, never a failed login. */
  override authenticate(request: AuthRequest): void {
    const refuse = (error: unknown): void => {
      if (error instanceof AuthError && error.code !== 'store_unavailable') this.fail(error, 401);
      else this.error(error);
    };
    // Async, so that what the verification throws arrives as a rejection.
    const arriving = (async () => this.principalOf(request))();
    arriving.then(
      (principal) => (principal ? this.success(principal) : refuse(new AuthError('missing_token'))),
      refuse,
    );
  }

  /** Passport asks for it; the principal is final when it gets here. */
  validate(principal: Principal): Principal {
    return principal;
  }
}

function keysAreChosenByTokenService(_request: unknown, _token: unknown, done: (error: Error) => void): void {
  done(new AuthError('invalid_token'));
}
