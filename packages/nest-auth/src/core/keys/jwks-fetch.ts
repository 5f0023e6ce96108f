import { isPrivate } from '../private-url.js';

/** The part of the global `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** More than a hundred keys. */
const MAX_BYTES = 64 * 1024;
const JSON_TYPE = /^application\/(jwk-set\+)?json *(;|$)/i;

/**
 * What is wrong with an address for keys, or `undefined`. The answer never contains the address, which could include a
 * password.
 */
export function jwksUriProblem(uri: unknown): string | undefined {
  if (typeof uri !== 'string' || !URL.canParse(uri))
    return "is not a URL; write 'https://auth.example.org/.well-known/jwks.json', for example";
  const url = new URL(uri);
  if (url.username !== '' || url.password !== '') return 'has credentials in it; public keys need none';
  // Anyone who can change the response in transit can sign tokens.
  return isPrivate(url) ? undefined : 'does not begin with https://, which only an issuer on localhost may leave out';
}

/**
 * Fetches the keys of an issuer with one request to exactly the configured address.
 * @throws RangeError with a message of the library, or what `fetch` throws
 */
export async function fetchJwks(uri: string, fetch: Fetch, signal: AbortSignal): Promise<unknown> {
  // Bypasses the caches of proxies, which could still contain a removed key.
  const headers = { Accept: 'application/jwk-set+json, application/json', 'Cache-Control': 'no-cache' };
  // No redirects: an open redirect at the issuer must not choose whose keys are trusted.
  const response = await fetch(uri, { headers, signal, redirect: 'error' });
  try {
    if (response.status !== 200) throw new RangeError(`was answered with ${response.status}`);
    if (!JSON_TYPE.test(response.headers.get('content-type') ?? '')) throw new RangeError('is not application/json');
    return parse(await read(response));
  } catch (error) {
    // Discards the rest of the response.
    if (!response.bodyUsed) await response.body?.cancel().catch(() => undefined);
    throw error;
  }
}

/** Reads in pieces, so that an endless response does not fill the memory. */
async function read({ body }: Response): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  // A throw leaves the loop and cancels the rest of the response.
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += piece.byteLength;
    if (size > MAX_BYTES) throw new RangeError(`has more than ${MAX_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // Not the parser's message, which quotes the input.
    throw new RangeError('is not JSON');
  }
}
