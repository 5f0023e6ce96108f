import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import { isLoopback } from '../core/private-url.js';

/** These methods change nothing (RFC 9110 §9.2.1), and a page of another site cannot read their answers. */
const SAFE_METHODS: readonly unknown[] = ['GET', 'HEAD', 'OPTIONS'];

export interface CrossSiteOptions {
  /** Further origins whose pages count as ours. */
  readonly origins: readonly string[];
  /** Whether cookies travel only over TLS. Then a page without TLS is not ours, unless it is on this machine. */
  readonly secure: boolean;
}

/**
 * Cross-site request forgery: a browser adds the cookies to every request that any page sends here, but it also says
 * which page. A request with cookies that changes something must come from a page of this origin, or of a listed one.
 */
export class CrossSiteCheck {
  constructor(private readonly options: CrossSiteOptions) {}

  /**
   * @param request one without a method opened a socket, which any page can do
   * @throws AuthError `cross_site_request`
   */
  assertSameSite({ method, headers }: AuthRequest): void {
    if (SAFE_METHODS.includes(method) && !opensWebSocket(headers)) return;
    // Only browsers set it. Another port of this host is `same-site`, so only this value is enough.
    if (headers['sec-fetch-site'] === 'same-origin') return;
    if (!this.#isOurs(headers.origin, headers.host ?? headers[':authority'])) throw new AuthError('cross_site_request');
  }

  #isOurs(origin: unknown, host: unknown): boolean {
    if (typeof origin !== 'string') return false;
    const { origins, secure } = this.options;
    if (origins.includes(origin)) return true;
    if (typeof host !== 'string') return false;
    // Compared in the form that browsers write, so that no parser is needed.
    return (
      origin === `https://${host}` ||
      (origin === `http://${host}` && (!secure || isLoopback(host.replace(/:\d+$/, ''))))
    );
  }
}

/** A WebSocket opens by GET, but the page reads its messages. Scripts cannot set this header on other requests. */
function opensWebSocket({ upgrade }: AuthRequest['headers']): boolean {
  return /websocket/i.test(String(upgrade));
}
