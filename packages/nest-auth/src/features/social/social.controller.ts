import {
  AuthError,
  type AuthRequest,
  assertJson,
  FromOtherSites,
  type LoginAnswer,
  Public,
  readStrings,
} from '@acme/nest-auth';
import { Body, Controller, Get, HttpCode, Inject, Param, Post, Query, Redirect, Req, Res } from '@nestjs/common';
import { SocialLogins } from './social.service.js';
import type { Parameters } from './strategies/provider.js';

/** For answers that Nest still sends. */
const PASSTHROUGH = { passthrough: true } as const;
const MAX_FORM = 64 * 1024;

interface Redirection {
  readonly url: string;
  readonly statusCode: number;
}

/** Below the library's prefix: `/auth/login/:provider` and what follows it. */
@Public()
@Controller('login')
export class SocialController {
  constructor(@Inject(SocialLogins) private readonly logins: SocialLogins) {}

  @Get(':provider')
  @Redirect()
  async begin(
    @Param('provider') provider: string,
    @Query() query: unknown,
    @Req() request: AuthRequest,
    @Res(PASSTHROUGH) response: unknown,
  ): Promise<Redirection> {
    return { url: await this.logins.begin(provider, parametersOf(query), request, response), statusCode: 302 };
  }

  @Get(':provider/callback')
  @Redirect()
  async callback(
    @Param('provider') provider: string,
    @Query() query: unknown,
    @Req() request: AuthRequest,
    @Res(PASSTHROUGH) response: unknown,
  ): Promise<Redirection> {
    return { url: await this.logins.complete(provider, parametersOf(query), request, response), statusCode: 302 };
  }

  /** Reads only the form and no cookie, because a page of the provider sends it. */
  @FromOtherSites()
  @Post(':provider/callback')
  @Redirect()
  async callbackByForm(
    @Param('provider') provider: string,
    @Body() body: unknown,
    @Req() request: AuthRequest,
  ): Promise<Redirection> {
    const form = parametersOf(body);
    if (JSON.stringify(form).length > MAX_FORM)
      throw new AuthError('invalid_request', { message: 'The form is too long.' });
    return { url: await this.logins.keepForm(provider, form, request), statusCode: 303 };
  }

  @Post(':provider/token')
  @HttpCode(200)
  async idToken(
    @Param('provider') provider: string,
    @Body() body: unknown,
    @Req() request: AuthRequest,
  ): Promise<LoginAnswer> {
    assertJson(request);
    const [idToken, nonce] = readStrings(body, ['id_token', 'nonce']);
    return this.logins.byIdToken(provider, idToken, nonce, request);
  }

  @Post('code')
  @HttpCode(200)
  async code(@Body() body: unknown, @Req() request: AuthRequest): Promise<LoginAnswer> {
    assertJson(request);
    const [code, verifier] = readStrings(body, ['code', 'code_verifier']);
    return this.logins.exchange(code, verifier, request);
  }
}

/** @throws AuthError `invalid_request` for a parameter that comes twice (RFC 6749 §3.1), or is not text */
function parametersOf(values: unknown): Parameters {
  const entries = Object.entries(Object(values) as Record<string, unknown>);
  if (entries.every(([, value]) => typeof value === 'string')) return Object.fromEntries(entries) as Parameters;
  throw new AuthError('invalid_request', { message: 'A parameter comes twice, or is not text.' });
}
