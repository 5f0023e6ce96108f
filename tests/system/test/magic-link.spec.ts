import 'reflect-metadata';
import { AuthModule, BackgroundTasks, type Mail } from '@acme/nest-auth';
import { MagicLink, magicLink } from '@acme/nest-auth/magic-link';
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

const HOME = { ip: '203.0.113.7', userAgent: null };
const PLENTY = { points: 1000, duration: 900 };
const mails: Mail[] = [];

/** An app with connections of its own. */
async function boot(settings: WorkerSettings) {
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
        features: [magicLink()],
        userStore: inPostgres.userStore,
        sessionStore,
        ephemeralStore,
        secrets: { access: keys, refresh: refreshSecret },
        password: { hasher: new CheapHasher() },
        throttle: { ...redisThrottle(redis, { prefix }), account: PLENTY, address: PLENTY },
        mailer: { send: async (mail) => void mails.push(mail) },
        magicLink: { page: 'https://app.example.org/magic-link', register: true },
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

stories.each<SessionsOn>(['postgres', 'redis'])('two apps that share what they keep on %s', (sessions) => {
  let world: World;
  let apps: { readonly app: INestApplication; close(): Promise<void> }[] = [];

  beforeAll(async () => {
    world = await createWorld(sessions);
    apps = await Promise.all([boot(world.settings), boot(world.settings)]);
  });
  afterAll(async () => {
    await Promise.all(apps.map(({ close }) => close()));
    await world?.close();
  });

  const linksOf = (n: number) => apps[n % 2]!.app.get(MagicLink);

  async function asked(email: string) {
    mails.length = 0;
    const { requestToken } = await linksOf(0).request(email, HOME);
    await apps[0]!.app.get(BackgroundTasks).settled();
    const { link, code } = mails[0]!.data as { link: string; code: string };
    return { requestToken, token: link.slice(link.indexOf('#token=') + 7), code };
  }

  // The first login makes the account.
  test.each(['a new', 'a known'])('log %s user in once for 50 racers with one link and its code', async () => {
    const { requestToken, token, code } = await asked('ann@example.org');
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        linksOf(n)
          .confirm(n % 4 < 2 ? { token } : { code }, requestToken, HOME)
          .then(
            () => 'in',
            (error: { readonly code: string }) => error.code,
          ),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'in')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'invalid_magic_link')).toHaveLength(49);
  });

  test('look at five wrong codes of 50 that come at once', async () => {
    const { requestToken, code } = await asked('bob@example.org');
    const wrong = code === '000000' ? '000001' : '000000';
    const outcomes: string[] = [];
    for (let round = 0; round < 6; round++) {
      const racers = Array.from({ length: 50 }, (_, n) =>
        linksOf(n)
          .confirm({ code: wrong }, requestToken, HOME)
          .then(
            () => 'in',
            (error: { readonly code: string }) => error.code,
          ),
      );
      outcomes.push(...(await Promise.all(racers)));
    }
    expect(outcomes.filter((outcome) => outcome === 'wrong_answer')).toHaveLength(5);
    expect(outcomes).not.toContain('in');
  });
});
