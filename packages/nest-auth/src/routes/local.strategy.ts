import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { Strategy } from 'passport-local';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import { Authenticator } from '../core/login/authenticator.js';
import { token } from '../core/token.js';
import { type Registry, runStrategy, type StrategyBase } from '../guards/passport-strategy.js';
import { strategyNames } from '../guards/strategy-names.js';
import { AuthException } from '../http/auth-exception.js';
import { deviceOf } from '../http/device.js';
import { assertJson, readStrings } from '../http/request-body.js';
import type { AuthUser } from '../ports/user-store.js';

const LocalBase = PassportStrategy(Strategy, 'local') as unknown as StrategyBase;

/** The name of the login field in bodies. */
export const LOGIN_FIELD = token<string>('login-field');

/** Passport's `local`: login and password of the body become the user. */
@Injectable()
export class LocalStrategy extends LocalBase {
  private readonly authenticator: Authenticator;
  private readonly loginField: string;

  constructor(@Inject(Authenticator) authenticator: Authenticator, @Inject(LOGIN_FIELD) loginField: string) {
    super({ usernameField: loginField, passReqToCallback: true });
    this.authenticator = authenticator;
    this.loginField = loginField;
  }

  /** Called while the strategy registers itself. */
  override getPassportInstance(): Registry {
    return strategyNames;
  }

  override authenticate(request: AuthRequest, options?: object): void {
    try {
      // passport-local would also read the query string, and objects.
      assertJson(request);
      readStrings(request.body, [this.loginField, 'password']);
    } catch (error) {
      this.error(error);
      return;
    }
    super.authenticate(request, options);
  }

  validate(request: AuthRequest, login: string, password: string): Promise<AuthUser> {
    return this.authenticator.authenticate({ login, password }, deviceOf(request));
  }
}

/** Checks login and password of the body; `request.user` becomes the `AuthUser`. For login routes, with `@Public()`. */
@Injectable()
export class LocalAuthGuard implements CanActivate {
  constructor(@Inject(LocalStrategy) private readonly strategy: LocalStrategy) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    return authenticateWith(this.strategy, context);
  }
}

/** Runs one of our own strategies as a guard. @throws AuthException what the strategy refuses with */
export async function authenticateWith(strategy: object, context: ExecutionContext): Promise<boolean> {
  try {
    if (context.getType() !== 'http') throw new AuthError('unsupported_context');
    const request = context.switchToHttp().getRequest<AuthRequest>();
    const outcome = await runStrategy(strategy, request);
    if (!('user' in outcome)) throw outcome.challenge;
    request.user = outcome.user;
    return true;
  } catch (error) {
    throw error instanceof AuthError ? new AuthException(error) : error;
  }
}
