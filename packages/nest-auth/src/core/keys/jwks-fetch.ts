import { isPrivate } from '../private-url.js';

/** What is used of the global `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Some hundred keys. */
const MAX_BYTES = 64 * 1024;
const JSON_TYPE = /^application\/(jwk-set\+)?json *(;|$)/i;

/** What is wrong with an address for keys, or `undefined`. The answer never repeats it: it could hold a password. */
export function jwksUriProblem(uri: unknown): string | undefined {
  if (typeof uri !== 'string' || !URL.canParse(uri))
    return "is not a URL; write 'https://auth.example.org/.well-known/jwks.json', for example";
  const url = new URL(uri);
  if (url.username !== '' || url.password !== '') return 'has credentials in it; public keys need none';
  // Anyone who can change the answer on its way can sign tokens.
  return isPrivate(url) ? undefined : 'does not begin with https://, which only an issuer on localhost may leave out';
}

/**
 * Asks an issuer for its keys: one request, to the configured address and no other.
 * @throws RangeError in our words, or what `fetch` throws
 */
export async function fetchJwks(uri: string, fetch: Fetch, signal: AbortSignal): Promise<unknown> {
  // Not a proxy's copy: a key that was removed must not live on in one.
  const headers = { Accept: 'application/jwk-set+json, application/json', 'Cache-Control': 'no-cache' };
  // An issuer that can be made to redirect must not choose whose keys we trust.
  const response = await fetch(uri, { headers, signal, redirect: 'error' });
  try {
    if (response.status !== 200) throw new RangeError(`was answered with ${response.status}`);
    if (!JSON_TYPE.test(response.headers.get('content-type') ?? '')) throw new RangeError('is not application/json');
    return parse(await read(response));
  } catch (error) {
    // What is left of the answer is not waited for.
    if (!response.bodyUsed) await response.body?.cancel().catch(() => undefined);
    throw error;
  }
}

/** Piece by piece, so that an endless answer is not kept. */
async function read({ body }: Response): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop by a throw cancels what is still to come.
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
    // Not the parser's own words: they quote the input.
    throw new RangeError('is not JSON');
  }
}
