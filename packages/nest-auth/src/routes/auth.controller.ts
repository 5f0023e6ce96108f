import { Body, Delete, Get, HttpCode, Inject, Param, Post, Req, type Type } from '@nestjs/common';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthService } from '../core/login/auth-service.js';
import type { LoginAnswer, Tokens } from '../core/login/login-answer.js';
import type { Principal, RegisteredUser } from '../core/policy/principal.js';
import { type Session, SessionService } from '../core/sessions/session-service.js';
import { token } from '../core/token.js';
import { Authenticated, CurrentUser, Public } from '../guards/auth.decorators.js';
import { deviceOf } from '../http/device.js';
import { assertJson, readStrings } from '../http/request-body.js';
import { LOGIN_FIELD } from './local.strategy.js';
import { mounted } from './mounted.js';
import { RegistrationReader } from './registration-reader.js';

/** Makes a user's public form: what `GET /auth/me` answers with. */
export type UserPresenter = (user: RegisteredUser) => Record<string, unknown>;
export const UserPresenter = token<UserPresenter>('UserPresenter');

/** The library's routes. An app gets its own subclass, see `routesOf`. */
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
  async register(@Body() body: unknown, @Req() request: AuthRequest): Promise<LoginAnswer> {
    assertJson(request);
    return this.auth.register(await this.registrations.read(body), deviceOf(request));
  }

  @Public()
  @Post('login')
  @HttpCode(200)
  async login(@Body() body: unknown, @Req() request: AuthRequest): Promise<LoginAnswer> {
    assertJson(request);
    const [login, password] = readStrings(body, [this.loginField, 'password']);
    return this.auth.login({ login, password }, deviceOf(request));
  }

  @Public()
  @Post('refresh')
  @HttpCode(200)
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

/** The library's controller below the app's prefix, without the routes that are turned off. */
export function routesOf(prefix: string, switches: RouteSwitches): Type {
  const { sessions, ...others } = switches;
  const off = sessions === false ? { sessions, endSession: false } : {};
  return mounted(AuthController as Type, prefix, { ...others, ...off });
}
