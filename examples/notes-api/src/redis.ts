import { Global, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { createClient } from 'redis';

/** The connection to REDIS_URL; without it there is no client. */
export class RedisConnection implements OnApplicationShutdown {
  private constructor(
    readonly client: ReturnType<typeof clientOf> | null,
    readonly prefix: string,
  ) {}

  static async open(): Promise<RedisConnection> {
    const { REDIS_URL: url, REDIS_PREFIX: prefix = 'notes-api' } = process.env;
    const client = url ? clientOf(url) : null;
    await client?.connect();
    return new RedisConnection(client, prefix);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client?.close();
  }
}

function clientOf(url: string) {
  const logger = new Logger('Redis');
  // While Redis is down, commands fail at once, and the library answers 503.
  const client = createClient({ url, disableOfflineQueue: true, socket: { connectTimeout: 2000 } });
  return client.on('error', (error) => logger.error(String(error)));
}

@Global()
@Module({
  providers: [{ provide: RedisConnection, useFactory: () => RedisConnection.open() }],
  exports: [RedisConnection],
})
export class RedisModule {}
