/** What Express and Fastify have in common of a request, below everything that a header can claim. */
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
/** What a proxy or a tunnel adds: the request came from somewhere else. */
const FORWARDED = /^(?:forwarded|via|x-real-ip|x-forwarded-.*)$/;

/**
 * Whether a request comes from this machine, and from no page but our own.
 * The address is that of the connection: headers can claim any. The host is compared because a page of somebody else can
 * point its own name at this machine (DNS rebinding).
 */
export function isLocal(request: VisitorRequest): boolean {
  const { headers } = request;
  const { socket, httpVersion } = request.raw ?? request;
  const { remoteAddress = '' } = socket ?? {};
  const host = headers.host ?? headers[':authority'];
  if (!LOOPBACK.test(remoteAddress) || typeof host !== 'string' || !LOCAL_HOST.test(host)) return false;
  if (Object.keys(headers).some((name) => FORWARDED.test(name))) return false;
  // No browser speaks it. nginx does by default, and then it names itself as the host and adds no header.
  if (httpVersion === '1.0') return false;
  const { origin } = headers;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) return false;
  return isFromHere(headers['sec-fetch-site']);
}

/** Whether a script of another origin asks, cookies and all. Opening the page by a link is fine: it tells nobody anything. */
export function isAskedFromElsewhere({ headers }: VisitorRequest): boolean {
  return !isFromHere(headers['sec-fetch-site']) && headers['sec-fetch-mode'] !== 'navigate';
}

/** Only browsers set it: our own page, or an address that somebody typed. */
function isFromHere(site: unknown): boolean {
  return site === undefined || site === 'same-origin' || site === 'none';
}
