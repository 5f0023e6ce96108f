import { parseCookie } from 'cookie';
import type { AuthRequest } from '../../core/auth-request.js';

type Headers = AuthRequest['headers'];

export interface HandshakeOptions {
  /** The cookie that carries the access token. */
  readonly cookie: string | undefined;
  /** From where a page may open a socket by cookie, beside the app's own host. */
  readonly origins: readonly string[];
}

/** Reads the headers that opened a socket or a GraphQL connection. */
export class Handshake {
  constructor(private readonly options: HandshakeOptions) {}

  /**
   * @param authorization what the client sent in place of the header, which browsers cannot set here
   * @returns the headers, with the credentials that count as `authorization`
   */
  headersOf(headers: Headers, authorization?: string): Headers {
    if (authorization !== undefined) return { ...headers, authorization };
    if (headers.authorization !== undefined) return headers;
    const token = this.#cookieOf(headers);
    return token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` };
  }

  /** A browser sends cookies with a socket that any page opens (cross-site WebSocket hijacking): only known pages count. */
  #cookieOf(headers: Headers): string | undefined {
    const { cookie } = this.options;
    if (cookie === undefined || typeof headers.cookie !== 'string' || !this.#isKnownOrigin(headers)) return undefined;
    return parseCookie(headers.cookie)[cookie];
  }

  #isKnownOrigin({ origin, host }: Headers): boolean {
    if (typeof origin !== 'string') return false;
    if (this.options.origins.includes(origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === host;
  }
}
