import type { HttpAdapterHost } from '@nestjs/core';
import { type SerializeOptions, stringifySetCookie } from 'cookie';
import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import { type AccessAnswer, keepingOf, type Tokens } from '../core/login/login-answer.js';
import type { Clock } from '../core/time.js';
import { cookieOf } from './cookie-header.js';
import type { CrossSiteCheck } from './cross-site.js';

export interface TokenCookiesOptions {
  /** The names of the cookies. */
  readonly access: string;
  readonly refresh: string;
  readonly sameSite: 'lax' | 'strict' | 'none';
  readonly secure: boolean;
  readonly clock: Clock;
}

/** What browsers keep of one cookie, name and value together (RFC 6265 §6.1). */
export const MAX_COOKIE_LENGTH = 4096;

/** The tokens of a browser, in cookies that no script reads. */
export class TokenCookies {
  readonly #attributes: SerializeOptions;

  constructor(
    private readonly options: TokenCookiesOptions,
    private readonly check: CrossSiteCheck,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    const { secure, sameSite } = options;
    // `Path=/` for both: the prefix of the names requires it, and a proxy may serve the routes below another path.
    this.#attributes = { path: '/', httpOnly: true, secure, sameSite };
  }

  /** Whether the request has at least one of the two cookies. */
  areOn(request: AuthRequest): boolean {
    return (
      cookieOf(request, this.options.access) !== undefined || cookieOf(request, this.options.refresh) !== undefined
    );
  }

  /** @throws AuthError `cross_site_request`; `invalid_request` if two cookies have its name */
  refreshTokenOf(request: AuthRequest): string | undefined {
    const found = cookieOf(request, this.options.refresh);
    if (found !== undefined) this.check.assertSameSite(request);
    return found;
  }

  /** Adds the tokens as cookies to an answer. Without "remember me", they end when the browser is closed. */
  set(response: unknown, tokens: Tokens | AccessAnswer): void {
    const { access, refresh, clock } = this.options;
    const keeping = keepingOf(tokens);
    const age = (seconds: number) => (keeping?.remember ? { maxAge: Math.max(0, Math.floor(seconds)) } : {});
    this.#add(response, access, tokens.access_token, age(tokens.expires_in));
    const { refresh_token } = tokens as Partial<Tokens>;
    // A continued session keeps its refresh cookie.
    if (refresh_token === undefined) return;
    this.#add(response, refresh, refresh_token, age(((keeping?.endsAt.getTime() ?? 0) - clock()) / 1000));
  }

  clear(response: unknown): void {
    this.#add(response, this.options.access, '', { maxAge: 0 });
    this.#add(response, this.options.refresh, '', { maxAge: 0 });
  }

  #add(response: unknown, name: string, value: string, lifetime: SerializeOptions): void {
    if (name.length + value.length > MAX_COOKIE_LENGTH) {
      throw new AuthError('invalid_configuration', {
        message: `The cookie ${name} has more than ${MAX_COOKIE_LENGTH} characters, and browsers drop it; return fewer claims.`,
      });
    }
    const cookie = stringifySetCookie(name, value, { ...this.#attributes, ...lifetime });
    this.adapterHost.httpAdapter.appendHeader(response, 'Set-Cookie', cookie);
  }
}
