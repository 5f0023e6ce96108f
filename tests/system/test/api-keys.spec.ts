import 'reflect-metadata';
import { setTimeout as pause } from 'node:timers/promises';
import { Authenticated, AuthModule } from '@acme/nest-auth';
import { ApiKeys, apiKeys, type NewApiKey } from '@acme/nest-auth/api-keys';
import { authEntities, typeOrmStores } from '@acme/nest-auth-typeorm';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { Client } from '../src/client.js';
import type { WorkerSettings } from '../src/protocol.js';
import { haveServers } from '../src/servers.js';
import { createWorld, type World } from '../src/world.js';

const ready = await haveServers('PostgreSQL', 'Redis');
const stories = ready ? describe : describe.skip;

@Controller()
class Reports {
  @Authenticated('api-key')
  @Get('reports')
  list() {
    return [];
  }
}

/** An app with connections of its own. */
async function boot({ postgres, keys, refreshSecret }: WorkerSettings) {
  const entities = [...authEntities('postgres')];
  const database = await new DataSource({ type: 'postgres', url: postgres, entities, poolSize: 5 }).initialize();
  const stores = typeOrmStores(database);

  @Module({
    imports: [
      AuthModule.forRoot({ ...stores, features: [apiKeys()], secrets: { access: keys, refresh: refreshSecret } }),
    ],
    controllers: [Reports],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  const client = new Client((app.getHttpServer().address() as { port: number }).port);
  const close = async () => {
    client.close();
    await app.close();
    await database.destroy();
  };
  /** The answer to a key. */
  const open = async (key: string) => (await client.send({ method: 'GET', path: '/reports', token: key })).status;
  return { app, keys: app.get(ApiKeys), users: stores.userStore, database, open, close };
}

type Booted = Awaited<ReturnType<typeof boot>>;

stories('two apps that share their credentials on PostgreSQL', () => {
  let world: World;
  let apps: Booted[] = [];
  let userId: string;
  let number = 0;

  beforeAll(async () => {
    world = await createWorld('postgres');
    apps = await Promise.all([boot(world.settings), boot(world.settings)]);
  });
  afterAll(async () => {
    await Promise.all(apps.map(({ close }) => close()));
    await world?.close();
  });

  /** A key of a new user that both apps have just let in. */
  async function usedKey(): Promise<NewApiKey> {
    const login = `ann-${++number}@example.org`;
    userId = (await apps[0]!.users.create({ login, passwordHash: null, roles: [], profile: {} })).id;
    const made = await apps[0]!.keys.create(userId, { name: 'ci' });
    for (const { open } of apps) expect(await open(made.key)).toBe(200);
    return made;
  }

  test.each<[string, (made: NewApiKey) => Promise<unknown>]>([
    ['that was removed on the other', ({ id }) => apps[0]!.keys.remove(userId, id)],
    [
      'whose user was disabled',
      () => apps[0]!.database.query('UPDATE auth_users SET disabled_at = now() WHERE id = $1', [userId]),
    ],
  ])('refuse a key %s within one second', async (_what, end) => {
    const made = await usedKey();
    // The key is used until the end, so that it is remembered for the longest possible time.
    const [, other] = apps as [Booted, Booted];
    expect(await other.open(made.key)).toBe(200);
    await end(made);
    const ended = performance.now();
    let lastAccepted = ended;
    for (let asked = ended; asked < ended + 2500; asked = performance.now()) {
      if ((await other.open(made.key)) === 200) lastAccepted = asked;
      await pause(20);
    }
    expect(lastAccepted - ended).toBeLessThan(1000);
    expect(await apps[0]!.open(made.key)).toBe(401);
  });

  test('let one of 50 parallel rotations of a key succeed', async () => {
    const { id } = await usedKey();
    const rotations = Array.from({ length: 50 }, (_, n) => apps[n % 2]!.keys.rotate(userId, id));
    const outcomes = await Promise.allSettled(rotations);
    const codes = outcomes.map((one) => (one.status === 'fulfilled' ? 'rotated' : one.reason.code));
    expect(codes.filter((code) => code === 'rotated')).toHaveLength(1);
    expect(codes.filter((code) => code === 'api_key_replaced')).toHaveLength(49);
    expect(await apps[1]!.keys.list(userId)).toHaveLength(2);
  });
});
