/** A range has about a thousand lines of 40 characters. */
const MAX_BYTES = 256 * 1024;

const ROW = /^([0-9A-F]{35}):(\d{1,10})$/i;

/** The answer of the server is not a range. */
export class InvalidAnswer extends Error {}

/**
 * Asks for a range: the rest of each SHA-1 that begins with the last five characters of the address.
 * @param timeout for the whole answer, in milliseconds
 * @throws InvalidAnswer, or what `fetch` throws
 */
export async function fetchRange(address: string, timeout: number): Promise<string> {
  // Padding: the length of an answer must not tell which range was asked for.
  const headers = { Accept: 'text/plain', 'Add-Padding': 'true', 'User-Agent': '@acme/nest-auth' };
  const response = await fetch(address, { headers, redirect: 'error', signal: AbortSignal.timeout(timeout) });
  try {
    if (response.status !== 200) throw new InvalidAnswer();
    return await read(response);
  } catch (error) {
    // The rest of the answer is not needed.
    if (!response.bodyUsed) await response.body?.cancel().catch(() => undefined);
    throw error;
  }
}

/** Reads piece by piece, so that an endless answer cannot fill the memory. */
async function read({ body }: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  // A throw inside the loop cancels the rest of the answer.
  for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
    size += piece.byteLength;
    if (size > MAX_BYTES) throw new InvalidAnswer();
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('latin1');
}

/**
 * The count of a SHA-1 in a range. Lines of padding have a count of 0.
 * @param rest of the SHA-1, in capitals
 * @throws InvalidAnswer if any line is invalid
 */
export function countIn(range: string, rest: string): number {
  const rows = range.split(/\r?\n/).filter((line) => line !== '');
  if (rows.length === 0) throw new InvalidAnswer();
  const counts = rows.map((row) => {
    const [, suffix = '', count] = ROW.exec(row) ?? [];
    if (count === undefined) throw new InvalidAnswer();
    return suffix.toUpperCase() === rest ? Number(count) : 0;
  });
  return Math.max(...counts);
}
