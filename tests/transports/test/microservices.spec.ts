import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Metadata } from '@grpc/grpc-js';
import { Controller, type DynamicModule } from '@nestjs/common';
import {
  type ClientGrpc,
  type ClientOptions,
  type ClientProxy,
  ClientProxyFactory,
  GrpcMethod,
  MessagePattern,
  type MicroserviceOptions,
  MqttRecordBuilder,
  NatsRecordBuilder,
  RmqRecordBuilder,
  Transport,
} from '@nestjs/microservices';
import { firstValueFrom, type Observable } from 'rxjs';
import { BROKERS, withBroker } from '../src/brokers.js';
import { type Handler, handlerClasses } from '../src/handlers.js';
import { tellOldStories } from '../src/old-tokens.js';
import { freePort, startService, TCP, tcpClientOf, WAYS, type Way } from '../src/services.js';
import { type Outcome, tellStories, type Wire } from '../src/stories.js';

const PROTO = fileURLToPath(new URL('../src/stories.proto', import.meta.url));

async function outcomeOf(answer: Observable<unknown>): Promise<Outcome> {
  try {
    return { caller: ((await firstValueFrom(answer)) as Outcome).caller };
  } catch (error) {
    const { metadata, code } = error as { readonly metadata?: Metadata; readonly code?: string };
    return { code: metadata ? String(metadata.get('error-code')[0]) : code };
  }
}

const isOf = (transport: Transport, options: MicroserviceOptions) =>
  'transport' in options && options.transport === transport;

async function open(auth: DynamicModule, options: MicroserviceOptions, way: Way, on: typeof MessagePattern) {
  const controllers = handlerClasses((name) => on(name));
  for (const controller of controllers) Controller()(controller);
  return startService({ imports: [auth], controllers }, options, way);
}

/** @param record a message as the transport's clients build it, with the token where it belongs */
async function openMessages(
  auth: DynamicModule,
  options: MicroserviceOptions,
  way: Way,
  record: (token?: string) => unknown,
): Promise<Wire> {
  // Other processes may use the same brokers.
  const prefix = randomUUID();
  const { app, microservice } = await open(auth, options, way, ((name: string) =>
    MessagePattern(`${prefix}-${name}`)) as typeof MessagePattern);
  const connect = () =>
    ClientProxyFactory.create(
      isOf(Transport.TCP, options)
        ? { transport: Transport.TCP, options: tcpClientOf(microservice) }
        : (options as ClientOptions),
    ) as ClientProxy;
  const shared = connect();
  return {
    app,
    async call(handler, token) {
      // Nest's client of MQTT stops listening for all answers to a pattern when the first one has come.
      const client = isOf(Transport.MQTT, options) ? connect() : shared;
      const outcome = await outcomeOf(client.send(`${prefix}-${handler}`, record(token)));
      if (client !== shared) await client.close();
      return outcome;
    },
    async close() {
      await shared.close();
      await app.close();
    },
  };
}

async function openGrpc(auth: DynamicModule, way: Way): Promise<Wire> {
  const options = {
    transport: Transport.GRPC as const,
    options: { package: 'stories', protoPath: PROTO, url: `127.0.0.1:${await freePort()}` },
  };
  const on = ((name: string) => GrpcMethod('Stories', name)) as unknown as typeof MessagePattern;
  const { app } = await open(auth, options, way, on);
  const client = ClientProxyFactory.create(options) as unknown as ClientGrpc & { close(): void };
  const stories =
    client.getService<Record<Handler, (data: object, metadata: Metadata) => Observable<unknown>>>('Stories');
  return {
    app,
    call(handler, token) {
      const metadata = new Metadata();
      if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
      return outcomeOf(stories[handler]({}, metadata));
    },
    async close() {
      client.close();
      await app.close();
    },
  };
}

const bearer = (token?: string): { authorization?: string } => (token ? { authorization: `Bearer ${token}` } : {});

for (const way of WAYS) {
  tellStories(`TCP (${way})`, (auth) => openMessages(auth, TCP, way, bearer));
  tellStories(`gRPC (${way})`, (auth) => openGrpc(auth, way));
  tellOldStories(`TCP (${way})`, (auth) => openMessages(auth, TCP, way, bearer));
  tellOldStories(`gRPC (${way})`, (auth) => openGrpc(auth, way));
}

await withBroker(BROKERS.redis, () => {
  const { hostname: host, port } = BROKERS.redis.url;
  const options = { transport: Transport.REDIS as const, options: { host, port: Number(port) } };
  for (const way of WAYS) tellStories(`Redis (${way})`, (auth) => openMessages(auth, options, way, bearer));
});

// Nest 11 takes the client library by its former name.
// Nest 11 has the older client.
const { headers } = await import('nats' as string).catch(() => import('@nats-io/transport-node'));
await withBroker(BROKERS.nats, () => {
  const options = { transport: Transport.NATS as const, options: { servers: [BROKERS.nats.url.host] } };
  const record = (token?: string) => {
    const carried = headers();
    if (token) carried.set('authorization', `Bearer ${token}`);
    return new NatsRecordBuilder({}).setHeaders(carried).build();
  };
  for (const way of WAYS) tellStories(`NATS (${way})`, (auth) => openMessages(auth, options, way, record));
});

await withBroker(BROKERS.rabbit, () => {
  const record = (token?: string) => new RmqRecordBuilder({}).setOptions({ headers: bearer(token) as never }).build();
  for (const way of WAYS) {
    const options = {
      transport: Transport.RMQ as const,
      options: {
        urls: [BROKERS.rabbit.url.href],
        queue: randomUUID(),
        queueOptions: { durable: false, autoDelete: true },
      },
    };
    tellStories(`RabbitMQ (${way})`, (auth) => openMessages(auth, options, way, record));
  }
});

await withBroker(BROKERS.mqtt, () => {
  const options = {
    transport: Transport.MQTT as const,
    options: { url: BROKERS.mqtt.url.href, protocolVersion: 5 as const },
  };
  // The client library never delivers a message with properties that are empty.
  const record = (token?: string) =>
    token ? new MqttRecordBuilder({}).setProperties({ userProperties: bearer(token) as never }).build() : {};
  for (const way of WAYS) tellStories(`MQTT 5 (${way})`, (auth) => openMessages(auth, options, way, record));
});
