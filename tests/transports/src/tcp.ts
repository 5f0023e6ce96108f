import { afterEach } from '@jest/globals';
import { type ClientProxy, ClientProxyFactory, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { type Parts, type Service, startService, TCP, tcpClientOf, type Way } from './services.js';
import { authModule } from './world.js';

let closing: (() => unknown)[] = [];

/** Closes something after the current test. */
export function closeAfterwards(close: () => unknown): void {
  closing.push(close);
}

afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
});

export function clientOf(microservice: Service['microservice']): ClientProxy {
  const client = ClientProxyFactory.create({ transport: Transport.TCP, options: tcpClientOf(microservice) });
  closeAfterwards(() => client.close());
  return client;
}

/** A started microservice of TCP with the library, unless `imports` say otherwise, and a client of it. */
export async function start(parts: Partial<Parts>, way: Way = 'hybrid'): Promise<Service & { client: ClientProxy }> {
  const service = await startService({ imports: [authModule().auth], controllers: [], ...parts }, TCP, way);
  const client = clientOf(service.microservice);
  closeAfterwards(() => service.app.close());
  return { ...service, client };
}

export const answer = (client: ClientProxy, pattern: string, data: object): Promise<unknown> =>
  firstValueFrom(client.send(pattern, data)).catch(({ code, message }) => ({ code: code ?? message }));

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

export const REFUSED = { code: 'missing_token' };
