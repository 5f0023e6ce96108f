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
} from '@nestjs/common';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthService, type LoginAnswer, type Tokens } from '../core/auth-service.js';
import { standIn } from '../core/declared-policy.js';
import type { Principal, RegisteredUser } from '../core/principal.js';
import { type Session, SessionService } from '../core/session-service.js';
import { token } from '../core/token.js';
import { Authenticated, CurrentUser, Public } from '../guards/auth.decorators.js';
import { JwtAuthGuard } from '../guards/jwt-auth.guard.js';
import { deviceOf } from '../http/device.js';
import { assertJson, readStrings } from '../http/request-body.js';
import { AuthErrorFilter } from '../transports/auth-error.filter.js';
import { LOGIN_FIELD } from './local.strategy.js';

import { RegistrationReader } from './registration-reader.js';

/** Makes a user's public form: what `GET /auth/me` answers with. */
export type UserPresenter = (user: RegisteredUser) => Record<string, unknown>;
export const UserPresenter = token<UserPresenter>('UserPresenter');

/** The library's routes. An app gets its own subclass, see `routesOf`. */
@UseFilters(AuthErrorFilter)
export abstract class AuthController {
  constructor(
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(SessionService) private readonly sessionService: SessionService,
    @Inject(RegistrationReader) private readonly registrations: RegistrationReader,
    @Inject(UserPresenter) private readonly present: UserPresenter,
    @Inject(LOGIN_FIELD) private readonly loginField: string,
  ) {}

  @Public()
  @Post('register')
  @Header('Cache-Control', 'no-store')
  async register(@Body() body: unknown, @Req() request: AuthRequest): Promise<LoginAnswer> {
    assertJson(request);
    return this.auth.register(await this.registrations.read(body), deviceOf(request));
  }

  @Public()
  @Post('login')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async login(@Body() body: unknown, @Req() request: AuthRequest): Promise<LoginAnswer> {
    assertJson(request);
    const [login, password] = readStrings(body, [this.loginField, 'password']);
    return this.auth.login({ login, password }, deviceOf(request));
  }

  @Public()
  @Post('refresh')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async refresh(@Body() body: unknown, @Req() request: AuthRequest): Promise<Tokens> {
    assertJson(request);
    const [refreshToken] = readStrings(body, ['refresh_token']);
    return this.auth.refresh(refreshToken, deviceOf(request));
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
  // Nest maps the methods that it finds on the prototype; a value that is not a method hides the inherited one.
  for (const [method] of off) Object.defineProperty(AppAuthController.prototype, method, { value: undefined });
  return AppAuthController;
}

/** Without a global guard, each of the library's controllers brings its own. */
export function guarded(controller: Type): Type {
  @UseGuards(JwtAuthGuard)
  class GuardedController extends controller {}
  standIn(GuardedController);
  return GuardedController;
}
