import 'reflect-metadata';
import { AuthModule, AuthService, BackgroundTasks, type Mail, type Mailer } from '@acme/nest-auth';
import { notices } from '@acme/nest-auth/notices';
import { redisStores, redisThrottle } from '@acme/nest-auth-redis';
import { authEntities, typeOrmStores } from '@acme/nest-auth-typeorm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createClient } from 'redis';
import { DataSource } from 'typeorm';
import { CheapHasher } from '../src/cheap-hasher.js';
import type { SessionsOn, WorkerSettings } from '../src/protocol.js';
import { haveServers } from '../src/servers.js';
import { createWorld, type World } from '../src/world.js';

const ready = await haveServers('PostgreSQL', 'Redis');
const stories = ready ? describe : describe.skip;

const HOME = { ip: '203.0.113.7', userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0' };
const AWAY = { ip: '198.51.100.9', userAgent: 'Mozilla/5.0 (Windows NT 10.0; rv:127.0) Gecko/20100101 Firefox/127.0' };
const CREDENTIALS = { login: 'ann@example.org', password: 'a fine long passphrase' };

/** An app with connections of its own. */
async function boot(settings: WorkerSettings, mailer: Mailer) {
  const { postgres, redis: url, prefix, sessions, keys, refreshSecret } = settings;
  const entities = [...authEntities('postgres')];
  const database = await new DataSource({ type: 'postgres', url: postgres, entities, poolSize: 5 }).initialize();
  const redis = createClient({ url });
  redis.on('error', () => {});
  await redis.connect();
  const inRedis = redisStores(redis, { prefix });
  const inPostgres = typeOrmStores(database);
  const { sessionStore, ephemeralStore } = sessions === 'redis' ? inRedis : inPostgres;

  @Module({
    imports: [
      AuthModule.forRoot({
        features: [notices()],
        userStore: inPostgres.userStore,
        sessionStore,
        ephemeralStore,
        secrets: { access: keys, refresh: refreshSecret },
        password: { hasher: new CheapHasher(), queue: 1000 },
        throttle: { ...redisThrottle(redis, { prefix }), account: { points: 1000, duration: 900 } },
        mailer,
      }),
    ],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.init();
  const close = async () => {
    await app.close();
    await database.destroy();
    redis.destroy();
  };
  return { app, close };
}

stories.each<SessionsOn>(['postgres', 'redis'])('two apps that share their sessions and memory on %s', (sessions) => {
  const mails: Mail[] = [];
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const mailer: Mailer = { send: (mail) => held.then(() => void mails.push(mail)) };
  let world: World;
  let apps: { readonly app: INestApplication; close(): Promise<void> }[] = [];

  beforeAll(async () => {
    world = await createWorld(sessions);
    apps = await Promise.all([boot(world.settings, mailer), boot(world.settings, mailer)]);
  });
  afterAll(async () => {
    await Promise.all(apps.map(({ close }) => close()));
    await world?.close();
  });

  const settled = () => Promise.all(apps.map(({ app }) => app.get(BackgroundTasks).settled()));
  const logInEverywhere = (times: number) =>
    Promise.all(
      Array.from({ length: times }, (_, n) => apps[n % 2]!.app.get(AuthService).login(CREDENTIALS, { ...AWAY })),
    );

  test('send one mail for 50 logins of one new device at once', async () => {
    await apps[0]!.app.get(AuthService).register(CREDENTIALS, HOME);
    await settled();
    expect(mails).toEqual([]);
    await logInEverywhere(50);
    release();
    await settled();
    expect(mails.map(({ kind, to, data }) => [kind, to, data.ip])).toEqual([
      ['new_device', CREDENTIALS.login, AWAY.ip],
    ]);
    await logInEverywhere(2);
    await settled();
    expect(mails).toHaveLength(1);
  });
});
