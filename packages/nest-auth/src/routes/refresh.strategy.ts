import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import passport from 'passport';
import type { AuthRequest } from '../core/auth-request.js';
import { fromCookie } from '../core/login/login-answer.js';
import type { LiveSession } from '../core/sessions/live-session.js';
import { SessionService } from '../core/sessions/session-service.js';
import type { Registry, StrategyBase } from '../guards/passport-strategy.js';
import { strategyNames } from '../guards/strategy-names.js';
import { deviceOf } from '../http/device.js';
import { assertJson } from '../http/request-body.js';
import { authenticateWith } from './local.strategy.js';
import { TokenAnswers } from './token-answers.js';

const RefreshBase = PassportStrategy(passport.Strategy as never, 'refresh') as unknown as StrategyBase;

/**
 * Passport's `refresh`. A refresh token works once, so authenticating with it rotates it: the user of the request is
 * the `LiveSession` with the successor.
 */
@Injectable()
export class RefreshStrategy extends RefreshBase {
  private readonly sessions: SessionService;
  private readonly answers: TokenAnswers;

  constructor(@Inject(SessionService) sessions: SessionService, @Inject(TokenAnswers) answers: TokenAnswers) {
    super();
    this.sessions = sessions;
    this.answers = answers;
  }

  /** Called while the strategy registers itself. */
  override getPassportInstance(): Registry {
    return strategyNames;
  }

  override authenticate(request: AuthRequest): void {
    this.validate(request).then(
      (session) => this.success(session),
      (error) => this.error(error),
    );
  }

  async validate(request: AuthRequest): Promise<LiveSession> {
    assertJson(request);
    const refreshToken = this.answers.refreshTokenOf(request, request.body);
    const session = await this.sessions.rotate(refreshToken, deviceOf(request));
    return this.answers.isByCookie(request) ? fromCookie(session) : session;
  }
}

/**
 * Rotates the refresh token of the body or its cookie; `request.user` becomes the `LiveSession`. For refresh routes,
 * with `@Public()` and `@UseInterceptors(TokenAnswers)`.
 */
@Injectable()
export class RefreshAuthGuard implements CanActivate {
  constructor(@Inject(RefreshStrategy) private readonly strategy: RefreshStrategy) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    return authenticateWith(this.strategy, context);
  }
}
