import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { TestApp } from '../../../packages/nest-auth/test/support/app.js';
import { startBrowsedApp } from './app.js';
import { NotesController, PageController, servedBy } from './notes-page.js';

export const EMAIL = 'ada@example.org';
export const PASSWORD = 'a fine long passphrase';

/** One answer of the server, as a proxy in front of the server would log it. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly origin: string | undefined;
}

/** An app with a page at `/`, at `http://localhost`: a browser keeps its `Secure` cookies there. */
export async function startLibrary(): Promise<TestApp & { readonly log: readonly Exchange[] }> {
  servedBy.client = await readFile(fileURLToPath(import.meta.resolve('@acme/nest-auth-client')), 'utf8');
  const log: Exchange[] = [];
  const app = await startBrowsedApp({
    options: { transport: 'both' },
    controllers: [PageController, NotesController],
    configure: (made) => {
      made.use((request: LoggedRequest, response: LoggedResponse, next: () => void) => {
        response.on('finish', () => {
          const { method, path, headers } = request;
          log.push({ method, path, status: response.statusCode, origin: headers.origin });
        });
        next();
      });
    },
  });
  return { ...app, log, url: app.url.replace('127.0.0.1', 'localhost') };
}

interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: { readonly origin?: string };
}

interface LoggedResponse {
  readonly statusCode: number;
  on(event: 'finish', listener: () => void): unknown;
}

/** A foreign server that answers every request with one page. */
export async function startForeignSite(html: string): Promise<{ port: number; close: () => Promise<void> }> {
  const server: Server = createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { port: (server.address() as AddressInfo).port, close };
}
