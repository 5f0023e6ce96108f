import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  SetMetadata,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { map } from 'rxjs';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import { hasTokens, isTokens, type Tokens } from '../core/login/login-answer.js';
import { token } from '../core/token.js';
import { cameByCookie, type TokenTransport, twoKinds } from '../http/access-token.js';
import { CrossSiteCheck } from '../http/cross-site.js';
import { objectOf, readStrings } from '../http/request-body.js';
import { TokenCookies } from '../http/token-cookies.js';
import { areRenamed, renamed, TOKEN_FIELDS, type TokenFields } from './token-fields.js';

export const TOKEN_TRANSPORT = token<TokenTransport>('token-transport');

const TOKENS_WITHIN =
  'A route answers with tokens inside of something else, where a script could read them; let it return the tokens themselves.';

const FROM_OTHER_SITES = 'acme/nest-auth:from-other-sites';

/**
 * For a route that must accept posts from pages of other sites, such as a login provider's answer as a form. The route
 * must read no credentials of the request, change nothing for its user, and not answer with tokens.
 */
export const FromOtherSites = (): MethodDecorator => SetMetadata(FROM_OTHER_SITES, true);

/**
 * Gives clients their tokens as they asked for them: in the body, or only in cookies. The routes of the library and of
 * its features have it; put it on your own routes that answer with tokens.
 *
 * @example
 * ```ts
 * @Public()
 * @UseInterceptors(TokenAnswers)
 * @Post('login')
 * login(@Body() body: LoginDto, @Req() request: AuthRequest) {
 *   return this.auth.login(body, deviceOf(request));
 * }
 * ```
 */
@Injectable()
export class TokenAnswers implements NestInterceptor {
  readonly #isRenamed: boolean;

  constructor(
    @Inject(TOKEN_TRANSPORT) private readonly transport: TokenTransport,
    @Inject(TokenCookies) private readonly cookies: TokenCookies,
    @Inject(CrossSiteCheck) private readonly check: CrossSiteCheck,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
    @Inject(TOKEN_FIELDS) private readonly fields: TokenFields,
  ) {
    this.#isRenamed = areRenamed(fields);
  }

  /** @throws AuthError `unsupported_context` outside HTTP, because no cookie could be set */
  intercept(context: ExecutionContext, next: CallHandler) {
    if (context.getType() !== 'http') throw new AuthError('unsupported_context');
    const http = context.switchToHttp();
    const response: unknown = http.getResponse();
    const request = http.getRequest<AuthRequest>();
    // No cache may keep tokens or users' data (RFC 6749 §5.1).
    this.adapterHost.httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    if (Reflect.getMetadata(FROM_OTHER_SITES, context.getHandler()) === true) {
      return next.handle().pipe(map((answer: unknown) => withoutAnyTokens(answer)));
    }
    const isAsked = this.isByCookie(request);
    // Otherwise a script in the page could exchange a cookie that it cannot read for tokens that it can read.
    if (!isAsked && !cameByCookie(request)) {
      return this.#isRenamed
        ? next.handle().pipe(map((answer: unknown) => renamed(answer, this.fields)))
        : next.handle();
    }
    // Also without cookies: a page of another site could log its visitor in as somebody else.
    if (isAsked) this.check.assertSameSite(request);
    return next.handle().pipe(map((answer: unknown) => this.#withoutTokens(answer, response)));
  }

  /**
   * Whether this client keeps its tokens in cookies.
   * @throws AuthError `invalid_request` if it asks for what the app does not offer
   */
  isByCookie({ headers }: AuthRequest): boolean {
    const asked = headers['x-auth-transport'];
    if (asked === undefined) return this.transport === 'cookie';
    if ((asked === 'bearer' || asked === 'cookie') && (this.transport === 'both' || this.transport === asked))
      return asked === 'cookie';
    throw new AuthError('invalid_request', {
      message: `X-Auth-Transport must be ${this.transport === 'both' ? 'bearer or cookie' : this.transport}.`,
    });
  }

  /**
   * The refresh token of a client that refreshes. A token from a cookie is answered by cookie, so that a script in the
   * page cannot exchange a cookie for a token that it can read.
   * @throws AuthError `invalid_request`, `missing_token` without the cookie, `cross_site_request`
   */
  refreshTokenOf(request: AuthRequest, body: unknown): string {
    const { refresh_token: field } = this.fields;
    if (!this.isByCookie(request)) {
      const [sent] = readStrings(body, [field]);
      if (this.transport === 'both' && this.cookies.areOn(request)) throw twoKinds();
      return sent;
    }
    if (Object.hasOwn(objectOf(body), field)) throw twoKinds();
    const found = this.cookies.refreshTokenOf(request);
    if (found === undefined) throw new AuthError('missing_token', { message: 'No refresh cookie was sent.' });
    return found;
  }

  /** Every refresh token of a client that logs out. @throws AuthError `invalid_request`, `cross_site_request` */
  refreshTokensOf(request: AuthRequest, body: unknown): string[] {
    // An unexpected body must not keep the client logged in.
    const { refresh_token: field } = this.fields;
    const isSent = typeof body === 'object' && body !== null && Object.hasOwn(body, field);
    const byCookie = this.transport === 'bearer' ? undefined : this.cookies.refreshTokenOf(request);
    return [...(isSent ? readStrings(body, [field]) : []), ...(byCookie === undefined ? [] : [byCookie])];
  }

  /**
   * Gives a browser its tokens with an answer that has no body of ours, such as a redirect.
   * @throws AuthError `invalid_configuration` unless the app offers cookies
   */
  setCookies(response: unknown, tokens: Tokens): void {
    if (this.transport === 'bearer') {
      throw new AuthError('invalid_configuration', { message: "Tokens by cookie need transport: 'cookie' or 'both'." });
    }
    this.cookies.set(response, tokens);
  }

  /** Removes the cookies of a client that has some. */
  clear(request: AuthRequest, response: unknown): void {
    if (this.transport === 'bearer') return;
    if (this.isByCookie(request) || this.cookies.areOn(request)) this.cookies.clear(response);
  }

  #withoutTokens(answer: unknown, response: unknown): unknown {
    if (!isTokens(answer)) return withoutAnyTokens(answer);
    this.cookies.set(response, answer);
    return { [this.fields.expires_in]: answer.expires_in };
  }
}

function withoutAnyTokens(answer: unknown): unknown {
  if (hasTokens(answer)) throw new AuthError('contract_broken', { message: TOKENS_WITHIN });
  return answer;
}
