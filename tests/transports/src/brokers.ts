import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from '@jest/globals';

export interface Broker {
  readonly name: string;
  readonly url: URL;
}

const named = (name: string, variable: string, fallback: string): Broker => ({
  name,
  url: new URL(process.env[variable] ?? fallback),
});

export const BROKERS = {
  redis: named('Redis', 'REDIS_URL', 'redis://127.0.0.1:6379'),
  nats: named('NATS', 'NATS_URL', 'nats://127.0.0.1:4222'),
  rabbit: named('RabbitMQ', 'AMQP_URL', 'amqp://127.0.0.1:5672'),
  mqtt: named('MQTT', 'MQTT_URL', 'mqtt://127.0.0.1:1883'),
};

async function isReachable({ url }: Broker): Promise<boolean> {
  const socket = connect(Number(url.port), url.hostname);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(2000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Defines stories that need a broker. Without it they are skipped by name; in CI they fail. */
export async function withBroker(broker: Broker, tell: () => void): Promise<void> {
  if (await isReachable(broker)) return tell();
  describe(broker.name, () => {
    if (!process.env.CI) return void test.skip(`there is none at ${broker.url.host}`, () => {});
    test('is there', () => {
      throw new Error(`There is no ${broker.name} at ${broker.url.host}.`);
    });
  });
}
