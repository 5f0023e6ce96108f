import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An issuer's key endpoint. A test decides every answer. It counts requests, and closes its connections at the end. */
export async function startJwksServer(port = 0) {
  const seen: string[] = [];
  const state: { answer: RequestListener } = { answer: (_, response) => void response.writeHead(404).end() };
  const server = createServer((request, response) => {
    seen.push(request.url ?? '');
    state.answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: actual } = server.address() as AddressInfo;
  return {
    seen,
    port: actual,
    url: `http://127.0.0.1:${actual}/.well-known/jwks.json`,
    answer(listener: RequestListener): void {
      state.answer = listener;
    },
    /** Answers with a set as issuers do, or with any text. */
    publish(body: object | string, type = 'application/json', status = 200): void {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      state.answer = (_, response) => void response.writeHead(status, { 'content-type': type }).end(text);
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export type JwksServer = Awaited<ReturnType<typeof startJwksServer>>;
