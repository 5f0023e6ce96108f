import type { AuthRequest } from '../core/auth-request.js';
import { AuthError } from '../core/errors/auth-error.js';
import { isLoopback } from '../core/private-url.js';

/** They change nothing (RFC 9110 §9.2.1), and a page of another site cannot read their answers. */
const SAFE_METHODS: readonly unknown[] = ['GET', 'HEAD', 'OPTIONS'];

export interface CrossSiteOptions {
  /** Further origins whose pages count as ours. */
  readonly origins: readonly string[];
  /** Whether cookies travel only over TLS. Then a page without TLS is not ours, unless it is on this machine. */
  readonly secure: boolean;
}

/**
 * Cross-site request forgery: a browser adds the cookies to every request that any page sends here, but it also says
 * which page. A request with cookies that changes something has to come from a page of this origin, or of one that is listed.
 */
export class CrossSiteCheck {
  constructor(private readonly options: CrossSiteOptions) {}

  /**
   * @param request without a method if it opened a socket, which every page may do
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
    // As browsers write them, so that nothing is left to a parser.
    return (
      origin === `https://${host}` ||
      (origin === `http://${host}` && (!secure || isLoopback(host.replace(/:\d+$/, ''))))
    );
  }
}

/** By GET, and the page hears the answers. No script sets this header on any other request. */
function opensWebSocket({ upgrade }: AuthRequest['headers']): boolean {
  return /websocket/i.test(String(upgrade));
}
