import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const sha1 = (password: string): string => createHash('sha1').update(password).digest('hex').toUpperCase();

/** A range around a password, as the public server writes it: other passwords before and after, and padding. */
export function rangeOf(password: string, count: number): string {
  const row = (rest: string, times: number) => `${rest}:${times}`;
  const others = [1, 2, 3].map((number) => row(sha1(`other ${number}`).slice(5), number));
  const padding = [4, 5].map((number) => row(sha1(`padding ${number}`).slice(5), 0));
  return [...others, row(sha1(password).slice(5), count), ...padding].join('\r\n');
}

/** The requests of a range server, and how it answers. */
export async function rangeServer() {
  const asked: { method: string; path: string; headers: IncomingMessage['headers']; body: string }[] = [];
  const state = {
    asked,
    /** The most requests that were open at a time. */
    most: 0,
    answer: (_request: IncomingMessage, response: ServerResponse): void => void response.end(rangeOf('another', 1)),
  };
  let open = 0;
  const server = createServer(async (request, response) => {
    state.most = Math.max(state.most, ++open);
    response.on('close', () => open--);
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const { method = '', url: path = '', headers } = request;
    asked.push({ method, path, headers, body: Buffer.concat(pieces).toString() });
    state.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/range`;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return Object.assign(state, { url, close });
}

export type RangeServer = Awaited<ReturnType<typeof rangeServer>>;
