import {
  type AuthRequest,
  assertJson,
  deviceOf,
  type LoginAnswer,
  Public,
  readFlag,
  readStrings,
  ShortCookies,
  TokenAnswers,
} from '@acme/nest-auth';
import { Body, Controller, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { MagicLink } from './magic-link.service.js';
import { type MagicLinkProof, readOptional } from './magic-link-proof.js';

const COOKIE = 'magic-link';

/** For answers that Nest still sends. */
const PASSTHROUGH = { passthrough: true } as const;

/** Below the library's prefix: `POST /auth/login/magic-link` and `/auth/login/magic-link/confirm`. */
@Public()
@Controller('login/magic-link')
export class MagicLinkController {
  constructor(
    @Inject(MagicLink) private readonly links: MagicLink,
    @Inject(TokenAnswers) private readonly answers: TokenAnswers,
    @Inject(ShortCookies) private readonly cookies: ShortCookies,
  ) {}

  @Post()
  @HttpCode(202)
  async request(@Body() body: unknown, @Req() request: AuthRequest, @Res(PASSTHROUGH) response: unknown) {
    assertJson(request);
    const [email] = readStrings(body, ['email']);
    const remember = readFlag(body, 'remember');
    const { requestToken, expiresIn } = await this.links.request(email, deviceOf(request), remember);
    if (!this.answers.isByCookie(request)) return { request_token: requestToken, expires_in: expiresIn };
    this.cookies.set(response, COOKIE, requestToken, expiresIn);
    return { expires_in: expiresIn };
  }

  @Post('confirm')
  @HttpCode(200)
  async confirm(
    @Body() body: unknown,
    @Req() request: AuthRequest,
    @Res(PASSTHROUGH) response: unknown,
  ): Promise<LoginAnswer> {
    assertJson(request);
    const isByCookie = this.answers.isByCookie(request);
    const requestToken = isByCookie ? this.cookies.read(request, COOKIE) : readOptional(body, 'request_token');
    const answer = await this.links.confirm(body as MagicLinkProof, requestToken, deviceOf(request));
    if (isByCookie) this.cookies.clear(response, COOKIE);
    return answer;
  }
}
