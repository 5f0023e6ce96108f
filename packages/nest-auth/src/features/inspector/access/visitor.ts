/** The parts of a request that Express and Fastify share. `socket` and `httpVersion` do not depend on headers. */
export interface VisitorRequest {
  readonly method?: string;
  readonly url?: string;
  readonly originalUrl?: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** `'1.1'` */
  readonly httpVersion?: string;
  readonly socket?: { readonly remoteAddress?: string | undefined };
  /** Of Fastify: the request of Node.js. */
  readonly raw?: VisitorRequest;
}

const LOOPBACK = /^(?:::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/;
const LOCAL_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/i;
/** Headers that a proxy or a tunnel adds. The request then came from another machine. */
const FORWARDED = /^(?:forwarded|via|x-real-ip|x-forwarded-.*)$/;

/**
 * Whether a request comes from this machine, and not from a page of another origin.
 * The address is that of the connection, because headers can claim any address. The host is compared because another
 * page's host name can point at this machine (DNS rebinding).
 */
export function isLocal(request: VisitorRequest): boolean {
  const { headers } = request;
  const { socket, httpVersion } = request.raw ?? request;
  const { remoteAddress = '' } = socket ?? {};
  const host = headers.host ?? headers[':authority'];
  if (!LOOPBACK.test(remoteAddress) || typeof host !== 'string' || !LOCAL_HOST.test(host)) return false;
  if (Object.keys(headers).some((name) => FORWARDED.test(name))) return false;
  // No browser uses HTTP/1.0. nginx does by default, and then sends its own name as the host and adds no header.
  if (httpVersion === '1.0') return false;
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) return false;
  return isFromHere(headers['sec-fetch-site']);
}

/** Whether a page of another origin sent the request. Following a link to the inspector is safe: it reveals nothing. */
export function isAskedFromElsewhere({ headers }: VisitorRequest): boolean {
  return !isFromHere(headers['sec-fetch-site']) && headers['sec-fetch-mode'] !== 'navigate';
}

/** Only browsers set this header. `none` is an address that the user typed. */
function isFromHere(site: unknown): boolean {
  return site === undefined || site === 'same-origin' || site === 'none';
}
