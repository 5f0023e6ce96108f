import { createHmac, timingSafeEqual } from 'node:crypto';
import { type AuthRequest, AuthService, deviceOf, Public, TokenAnswers } from '@acme/nest-auth';
import type { OldRefreshCheck } from '@acme/nest-auth/old-tokens';
import { Controller, HttpCode, Inject, Post, Req, UseInterceptors } from '@nestjs/common';
import { tables } from '../tables.js';

const COOKIE = /(?:^|; )(?:__Secure-)?better-auth\.session_token=([^;]*)/;

/** The owner of a session cookie, checked like better-auth: a token, a dot, and its HMAC. Remove it with `oldTokens()`. */
export const userOfCookie: OldRefreshCheck = async (cookie) => {
  const dot = cookie.lastIndexOf('.');
  const token = cookie.slice(0, dot);
  const mac = createHmac('sha256', process.env.BETTER_AUTH_SECRET ?? '')
    .update(token)
    .digest();
  const sent = Buffer.from(cookie.slice(dot + 1), 'base64');
  if (dot < 1 || sent.length !== mac.length || !timingSafeEqual(sent, mac)) return null;
  const session = tables.session.find((row) => row.token === token);
  return session && session.expiresAt > new Date() ? session.userId : null;
};

/** The page calls it when it starts: a browser that was logged in before the switch stays logged in. */
@UseInterceptors(TokenAnswers)
@Controller('auth')
export class OldSessions {
  constructor(@Inject(AuthService) private readonly auth: AuthService) {}

  @Public()
  @HttpCode(200)
  @Post('switch')
  exchange(@Req() request: AuthRequest) {
    const [, cookie = ''] = COOKIE.exec(String(request.headers.cookie)) ?? [];
    return this.auth.refresh(decodeURIComponent(cookie), deviceOf(request));
  }
}
