import type { HttpAdapterHost } from '@nestjs/core';
import { type SerializeOptions, stringifySetCookie } from 'cookie';
import type { AuthRequest } from '../core/auth-request.js';
import { cookieOf } from './cookie-header.js';

export interface ShortCookiesOptions {
  /** Of each name. */
  readonly prefix: string;
  readonly sameSite: 'lax' | 'strict' | 'none';
  readonly secure: boolean;
}

/**
 * Cookies of features, by which a browser shows that it began what it ends: for this host, for some minutes, and no
 * script reads them. Works on Express and Fastify, without a plugin.
 */
export class ShortCookies {
  readonly #attributes: SerializeOptions;
  readonly #prefix: string;

  constructor(
    { prefix, sameSite, secure }: ShortCookiesOptions,
    private readonly adapterHost: HttpAdapterHost,
  ) {
    this.#prefix = prefix;
    // Not `strict`: a browser comes back from a page of another site, such as a login provider's.
    this.#attributes = { path: '/', httpOnly: true, secure, sameSite: sameSite === 'none' ? 'none' : 'lax' };
  }

  /**
   * Sets a cookie on the answer, beside those it has already.
   * @param name without a prefix: `'social'` is `__Host-Http-social` in the browser
   * @param value in characters that cookies may have, such as base64url
   * @param lifetime in whole seconds
   */
  set(response: unknown, name: string, value: string, lifetime: number): void {
    const cookie = stringifySetCookie(this.#prefix + name, value, { ...this.#attributes, maxAge: lifetime });
    this.adapterHost.httpAdapter.appendHeader(response, 'Set-Cookie', cookie);
  }

  /**
   * @returns `undefined` without one
   * @throws AuthError `invalid_request` for two of one name: a sibling domain may have planted one
   */
  read(request: AuthRequest, name: string): string | undefined {
    return cookieOf(request, this.#prefix + name);
  }

  /** Removes a cookie from the browser. */
  clear(response: unknown, name: string): void {
    this.set(response, name, '', 0);
  }
}
