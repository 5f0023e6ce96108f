import type { HttpAdapterHost } from '@nestjs/core';
import { type SerializeOptions, stringifySetCookie } from 'cookie';
import type { AuthRequest } from '../core/auth-request.js';
import { cookieOf } from './cookie-header.js';

export interface ShortCookiesOptions {
  /** Begins each cookie's name. */
  readonly prefix: string;
  readonly sameSite: 'lax' | 'strict' | 'none';
  readonly secure: boolean;
}

/**
 * Short-lived cookies of features. They prove that the browser that ends a flow also began it. They are for this host
 * only, and scripts cannot read them. Works on Express and Fastify, without a plugin.
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
   * Adds a cookie to the answer.
   * @param name without a prefix: `'social'` is `__Host-Http-social` in the browser
   * @param value in characters that cookies may have, such as base64url
   * @param lifetime in whole seconds
   */
  set(response: unknown, name: string, value: string, lifetime: number): void {
    const cookie = stringifySetCookie(this.#prefix + name, value, { ...this.#attributes, maxAge: lifetime });
    this.adapterHost.httpAdapter.appendHeader(response, 'Set-Cookie', cookie);
  }

  /**
   * @returns `undefined` if it is missing
   * @throws AuthError `invalid_request` if two cookies have this name: a sibling domain may have planted one of them
   */
  read(request: AuthRequest, name: string): string | undefined {
    return cookieOf(request, this.#prefix + name);
  }

  /** Removes a cookie from the browser. */
  clear(response: unknown, name: string): void {
    this.set(response, name, '', 0);
  }
}
