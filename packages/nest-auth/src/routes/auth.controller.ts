import { Body, Delete, Get, HttpCode, Inject, Param, Post, Req, Res, type Type } from '@nestjs/common';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthService } from '../core/login/auth-service.js';
import type { AccessAnswer, LoginAnswer, RegistrationAnswer, Tokens } from '../core/login/login-answer.js';
import type { Principal, RegisteredUser } from '../core/policy/principal.js';
import { type Session, SessionService } from '../core/sessions/session-service.js';
import { token } from '../core/token.js';
import { Authenticated, CurrentUser, Public } from '../guards/auth.decorators.js';
import { AccessTokenReader } from '../http/access-token.js';
import { deviceOf } from '../http/device.js';
import { assertJson, readFlag, readStrings } from '../http/request-body.js';
import { LOGIN_FIELD } from './local.strategy.js';
import { mounted } from './mounted.js';
import { RegistrationReader } from './registration-reader.js';
import { TokenAnswers } from './token-answers.js';

/** Makes a user's public form, which `GET /auth/me` returns. */
export type UserPresenter = (user: RegisteredUser) => Record<string, unknown>;
export const UserPresenter = token<UserPresenter>('UserPresenter');

/** For answers that Nest still sends. */
const PASSTHROUGH = { passthrough: true } as const;

/** The library's routes. An app gets its own subclass, see `routesOf`. */
export abstract class AuthController {
  constructor(
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(SessionService) private readonly sessionService: SessionService,
    @Inject(RegistrationReader) private readonly registrations: RegistrationReader,
    @Inject(UserPresenter) private readonly present: UserPresenter,
    @Inject(LOGIN_FIELD) private readonly loginField: string,
    @Inject(AccessTokenReader) private readonly accessTokenOf: AccessTokenReader,
    @Inject(TokenAnswers) private readonly answers: TokenAnswers,
  ) {}

  @Public()
  @Post('register')
  async register(
    @Body() body: unknown,
    @Req() request: AuthRequest,
    @Res(PASSTHROUGH) response: { status(code: number): unknown },
  ): Promise<RegistrationAnswer> {
    assertJson(request);
    const answer = await this.auth.register(await this.registrations.read(body), deviceOf(request));
    if ('pending' in answer) response.status(202);
    return answer;
  }

  @Public()
  @Post('login')
  @HttpCode(200)
  async login(@Body() body: unknown, @Req() request: AuthRequest): Promise<LoginAnswer> {
    assertJson(request);
    const [login, password] = readStrings(body, [this.loginField, 'password']);
    return this.auth.login({ login, password }, deviceOf(request), { remember: readFlag(body, 'remember') });
  }

  @Public()
  @Post('refresh')
  @HttpCode(200)
  async refresh(@Body() body: unknown, @Req() request: AuthRequest): Promise<Tokens> {
    assertJson(request);
    return this.auth.refresh(this.answers.refreshTokenOf(request, body), deviceOf(request));
  }

  /** Open to everybody: the access token may have expired, and without any token there is nothing to log out of. */
  @Public()
  @Post('logout')
  @HttpCode(204)
  async logout(@Body() body: unknown, @Req() request: AuthRequest, @Res(PASSTHROUGH) response: unknown): Promise<void> {
    const refresh = this.answers.refreshTokensOf(request, body);
    const access = this.accessTokenOf(request);
    try {
      await this.auth.logoutByTokens({ access, refresh }, deviceOf(request));
    } finally {
      this.answers.clear(request, response);
    }
  }

  @Authenticated()
  @Post('logout-all')
  @HttpCode(204)
  async logoutAll(
    @CurrentUser() caller: Principal,
    @Req() request: AuthRequest,
    @Res(PASSTHROUGH) response: unknown,
  ): Promise<void> {
    await this.auth.logoutAll(caller, deviceOf(request));
    this.answers.clear(request, response);
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
  @Post('confirm')
  @HttpCode(200)
  confirm(@CurrentUser() caller: Principal, @Body() body: unknown, @Req() request: AuthRequest): Promise<AccessAnswer> {
    assertJson(request);
    const [password] = readStrings(body, ['password']);
    return this.auth.confirmByPassword(caller, password, deviceOf(request));
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
  async endSession(
    @CurrentUser() caller: Principal,
    @Param('id') id: string,
    @Req() request: AuthRequest,
    @Res(PASSTHROUGH) response: unknown,
  ): Promise<void> {
    await this.sessionService.revoke(caller.id, id);
    if (id === caller.sessionId) this.answers.clear(request, response);
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
  readonly confirm?: boolean;
  readonly sessions?: boolean;
}

/** The library's controller below the app's prefix, without the routes that are turned off. */
export function routesOf(prefix: string, switches: RouteSwitches): Type {
  const { sessions, ...others } = switches;
  const off = sessions === false ? { sessions, endSession: false } : {};
  return mounted(AuthController as Type, prefix, { ...others, ...off });
}
