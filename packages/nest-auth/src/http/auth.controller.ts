import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Inject,
  Param,
  Post,
  Req,
  type Type,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import { TokenService } from '../core/access-token.js';
import { AuthError } from '../core/auth-error.js';
import { AuthService, type LoginAnswer, type Tokens } from '../core/auth-service.js';
import { standIn } from '../core/declared-policy.js';
import type { Principal, RegisteredUser } from '../core/principal.js';
import { type LiveSession, type Session, SessionService } from '../core/session.js';
import type { AuthUser } from '../ports/user-store.js';
import { Authenticated, CurrentUser, Public } from './auth.decorators.js';
import { assertJson, RegistrationReader, readStrings } from './auth.dto.js';
import { AuthErrorFilter } from './auth-error.filter.js';
import { JwtAuthGuard } from './jwt-auth.guard.js';
import { LocalAuthGuard } from './local.strategy.js';
import { RefreshAuthGuard } from './refresh.strategy.js';
import { type AuthRequest, deviceOf } from './token-transport.js';

/** Makes a user's public form: what `GET /auth/me` answers with. */
export type UserPresenter = (user: RegisteredUser) => Record<string, unknown>;
export const UserPresenter = Symbol.for('acme/nest-auth:UserPresenter');

/** The library's routes. An app gets its own subclass, see `routesOf`. */
@UseFilters(AuthErrorFilter)
export abstract class AuthController {
  constructor(
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(SessionService) private readonly sessionService: SessionService,
    @Inject(RegistrationReader) private readonly registrations: RegistrationReader,
    @Inject(UserPresenter) private readonly present: UserPresenter,
  ) {}

  @Public()
  @Post('register')
  @Header('Cache-Control', 'no-store')
  async register(@Body() body: unknown, @Req() request: AuthRequest): Promise<LoginAnswer> {
    assertJson(request);
    return this.auth.register(await this.registrations.read(body), deviceOf(request));
  }

  @Public()
  @UseGuards(LocalAuthGuard)
  @Post('login')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  login(@Req() request: AuthRequest): Promise<LoginAnswer> {
    return this.auth.admit(request.user as AuthUser, deviceOf(request));
  }

  @Public()
  @UseGuards(RefreshAuthGuard)
  @Post('refresh')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  refresh(@Req() request: AuthRequest): Promise<Tokens> {
    return this.auth.tokensOf(request.user as LiveSession);
  }

  @Authenticated()
  @Post('logout')
  @HttpCode(204)
  logout(@CurrentUser() caller: Principal): Promise<void> {
    return this.auth.logout(caller);
  }

  @Authenticated()
  @Post('logout-all')
  @HttpCode(204)
  logoutAll(@CurrentUser() caller: Principal): Promise<void> {
    return this.auth.logoutAll(caller);
  }

  @Authenticated()
  @Get('me')
  @Header('Cache-Control', 'no-store')
  async me(@CurrentUser() caller: Principal): Promise<Record<string, unknown>> {
    return this.present(await this.auth.user(caller));
  }

  @Authenticated()
  @Post('password')
  @HttpCode(204)
  password(@CurrentUser() caller: Principal, @Body() body: unknown, @Req() request: AuthRequest): Promise<void> {
    assertJson(request);
    const [current, chosen] = readStrings(body, ['current_password', 'new_password']);
    return this.auth.changePassword(caller, current, chosen, deviceOf(request));
  }

  @Authenticated()
  @Get('sessions')
  @Header('Cache-Control', 'no-store')
  async sessions(@CurrentUser() caller: Principal): Promise<(Session & { readonly current: boolean })[]> {
    const sessions = await this.sessionService.list(caller.id, caller.sessionId);
    return sessions.map((session) => ({ ...session, current: session.id === caller.sessionId }));
  }

  @Authenticated()
  @Delete('sessions/:id')
  @HttpCode(204)
  endSession(@CurrentUser() caller: Principal, @Param('id') id: string): Promise<void> {
    return this.sessionService.revoke(caller.id, id);
  }
}

/** Which of the routes an app has turned off, by method. */
export interface RouteSwitches {
  readonly register?: boolean;
  readonly login?: boolean;
  readonly refresh?: boolean;
  readonly logout?: boolean;
  readonly logoutAll?: boolean;
  readonly me?: boolean;
  readonly password?: boolean;
  readonly sessions?: boolean;
}

/** A controller of the app's own prefix, without the routes that are turned off. */
export function routesOf(prefix: string, switches: RouteSwitches): Type<AuthController> {
  @Controller(prefix)
  class AppAuthController extends AuthController {}
  const off = Object.entries({ ...switches, endSession: switches.sessions }).filter(([, on]) => on === false);
  // Nest maps the methods that it finds on the prototype; a value that is none hides the inherited one.
  for (const [method] of off) Object.defineProperty(AppAuthController.prototype, method, { value: undefined });
  return AppAuthController;
}

/** Where no global guard stands before the library's controllers, each brings its own. */
export function guarded(controller: Type): Type {
  @UseGuards(JwtAuthGuard)
  class GuardedController extends controller {}
  standIn(GuardedController);
  return GuardedController;
}

/** The public keys, for services that verify access tokens themselves. An API's version says nothing about keys. */
@UseFilters(AuthErrorFilter)
@Controller({ path: '.well-known', version: VERSION_NEUTRAL })
export class JwksController {
  constructor(@Inject(TokenService) private readonly tokens: TokenService) {}

  @Public()
  @Get('jwks.json')
  @Header('Cache-Control', 'public, max-age=300')
  jwks(): object {
    const jwks = this.tokens.jwks();
    if (jwks.keys.length === 0) throw new AuthError('not_found', { message: 'The access keys are symmetric.' });
    return jwks;
  }
}
