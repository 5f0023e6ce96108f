import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import type { Client } from './client.js';

/**
 * Acme ID in development: a provider on its own port, which logs in any address. It is at 127.0.0.1 because the page is
 * at localhost: for a browser these are two sites, as in production.
 */
export class StandIn {
  readonly client: Client;
  readonly #logger = new Logger('StandIn');
  #handler: Promise<(request: IncomingMessage, response: ServerResponse) => Promise<void>> | undefined;

  private constructor(
    private readonly server: Server,
    private readonly callback: string,
  ) {
    const { port } = server.address() as AddressInfo;
    const secret = randomBytes(32).toString('base64url');
    this.client = { issuer: `http://127.0.0.1:${port}`, id: 'notes-api', secret };
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  /** @throws Error if the port is taken */
  static async listen(port: number, callback: string): Promise<StandIn> {
    const server = createServer().listen(port, '127.0.0.1').unref();
    await once(server, 'listening').catch((cause) => {
      throw new Error(
        `Acme ID cannot listen on port ${port}. ACME_ID_PORT chooses another port; 0 takes any free one.`,
        {
          cause,
        },
      );
    });
    return new StandIn(server, callback);
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }

  /** The provider takes a second to load, so it is loaded at the first request. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#handler ??= import('./stand-in-provider.js').then((made) => made.standInProvider(this.client, this.callback));
    try {
      await (await this.#handler)(request, response);
    } catch (error) {
      this.#logger.error(error);
      if (!response.headersSent) response.writeHead(500).end();
    }
  }
}
