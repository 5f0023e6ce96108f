import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { DynamicModule, INestApplication, INestMicroservice, Provider, Type } from '@nestjs/common';
import { type MicroserviceOptions, type TcpOptions, Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';

/** The ways in which an app can have message handlers. Only the last two run Nest's global guards. */
export const WAYS = ['hybrid', 'hybrid with inheritAppConfig', 'pure'] as const;
export type Way = (typeof WAYS)[number];

export interface Parts {
  readonly imports: readonly (DynamicModule | Type)[];
  readonly controllers: readonly Type[];
  readonly providers?: readonly Provider[];
}

export interface Service {
  readonly app: INestApplication | INestMicroservice;
  readonly microservice: INestMicroservice;
}

/** A started microservice, by itself or connected to an app whose HTTP listens too. */
export async function startService(parts: Parts, options: MicroserviceOptions, way: Way): Promise<Service> {
  const module = await Test.createTestingModule({
    imports: [...parts.imports],
    controllers: [...parts.controllers],
    providers: [...(parts.providers ?? [])],
  }).compile();
  if (way === 'pure') {
    const app = module.createNestMicroservice<MicroserviceOptions>({
      ...(options as object),
      logger: false,
    });
    await app.listen();
    return { app, microservice: app };
  }
  const app = module.createNestApplication({ logger: false });
  const microservice = app.connectMicroservice(options, { inheritAppConfig: way !== 'hybrid' });
  await app.startAllMicroservices();
  await app.listen(0, '127.0.0.1');
  return { app, microservice };
}

export const TCP: TcpOptions = { transport: Transport.TCP, options: { host: '127.0.0.1', port: 0 } };

/** How a client reaches a microservice of TCP. */
export function tcpClientOf(microservice: INestMicroservice): { host: string; port: number } {
  const { port } = microservice.unwrap<Server>().address() as AddressInfo;
  return { host: '127.0.0.1', port };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
