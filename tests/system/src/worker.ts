// One process of an app, which `processes.ts` starts and controls.
import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { AuthModule, CurrentUser, OptionalAuth, type Principal, SessionService, TokenService } from '@acme/nest-auth';
import { redisStores, redisThrottle } from '@acme/nest-auth-redis';
import { authEntities, typeOrmStores } from '@acme/nest-auth-typeorm';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { createClient } from 'redis';
import { DataSource } from 'typeorm';
import { CheapHasher } from './cheap-hasher.js';
import { Failpoints } from './faults/failpoints.js';
import { skewClock } from './faults/skewed-clock.js';
import type { FromWorker, Report, ToWorker, WorkerSettings } from './protocol.js';

const settings = JSON.parse(process.env.WORKER_SETTINGS ?? '') as WorkerSettings;
if (settings.skew) skewClock(settings.skew);
const { storeTimeout = 5 } = settings;

const unhandled: string[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason instanceof Error ? `${reason.stack}` : `${reason}`));

const failpoints = new Failpoints();
const hasher = new CheapHasher();
const tell = (message: FromWorker) => process.send?.(message);

@Controller()
class NotesController {
  @Get('notes')
  list() {
    return [];
  }

  @OptionalAuth()
  @Get('greeting')
  greet(@CurrentUser() caller: Principal | null) {
    return { caller: caller?.id ?? null };
  }
}

// As the READMEs advise, the timeouts of the drivers are a little shorter than the library's.
const database = await new DataSource({
  type: 'postgres',
  url: settings.postgres,
  entities: [...authEntities('postgres')],
  installExtensions: false,
  poolSize: 5,
  extra: { connectionTimeoutMillis: storeTimeout * 800, statement_timeout: storeTimeout * 900 },
}).initialize();
const redis = createClient({
  url: settings.redis,
  disableOfflineQueue: true,
  socket: { connectTimeout: storeTimeout * 800 },
});
redis.on('error', () => {});
await redis.connect();

const { userStore, sessionStore: sessionsOnPostgres } = typeOrmStores(database);
const { sessionStore: sessionsOnRedis } = redisStores(redis, { prefix: settings.prefix });
const sessionStore = settings.sessions === 'redis' ? sessionsOnRedis : sessionsOnPostgres;
const { ttl, clockTolerance, revocation, throttle, keys, refreshSecret } = settings;

@Module({
  imports: [
    AuthModule.forRoot({
      userStore: failpoints.wrap(userStore, 'UserStore'),
      sessionStore: failpoints.wrap(sessionStore, 'SessionStore'),
      secrets: { access: keys, refresh: refreshSecret },
      password: { hasher, queue: 1000 },
      throttle: { ...redisThrottle(redis, { prefix: settings.prefix }), ...throttle },
      storeTimeout,
      ...(ttl && { ttl }),
      ...(clockTolerance !== undefined && { clockTolerance }),
      ...(revocation && { revocation }),
    }),
  ],
  controllers: [NotesController],
})
class AppModule {}

// Each test user has an address of its own, so that they do not throttle one another.
async function create(): Promise<INestApplication> {
  const options = { logger: ['error' as const], forceCloseConnections: true };
  if (process.env.HTTP === 'fastify') {
    return NestFactory.create(AppModule, new FastifyAdapter({ trustProxy: true }) as never, options);
  }
  const app = await NestFactory.create<NestExpressApplication>(AppModule, options);
  app.set('trust proxy', true);
  return app;
}

const app = await create();
await app.listen(0, '127.0.0.1');
const server = app.getHttpServer() as import('node:http').Server;
// If an idle connection were closed at the moment when a request is sent on it, that would look like a crash.
server.keepAliveTimeout = 0;

const report = (): Report => ({ unhandled, hashes: hasher.calls });

async function close(): Promise<void> {
  await app.close();
  await database.destroy();
  redis.destroy();
}

process.on('message', async (message: ToWorker) => {
  if (message.do === 'arm') failpoints.arm(message.failpoint);
  if (message.do === 'keys') app.get(TokenService).useKeys(message.keys);
  if (message.do === 'end-user') await app.get(SessionService).revokeAll(message.userId);
  if (message.do === 'tidy') await app.get(SessionService).deleteExpired();
  if (message.do === 'stop') await close();
  tell({ id: message.id, report: report() });
  if (message.do === 'stop') process.disconnect();
});
// The tests have ended, so nobody would stop this process.
process.on('disconnect', () => setTimeout(() => process.exit(1), 5000).unref());

tell({ port: (server.address() as AddressInfo).port });
