import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { AuthModule, BackgroundTasks, type Mail } from '@acme/nest-auth';
import { emailVerification } from '@acme/nest-auth/email-verification';
import { authEntities, typeOrmStores } from '@acme/nest-auth-typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { unlimited } from '../../../packages/nest-auth/src/testing/unlimited.js';
import { difference, isTold, shuffled } from '../../../packages/nest-auth/test/slow/told-apart.js';
import { CheapHasher } from '../src/cheap-hasher.js';
import { type Call, Client } from '../src/client.js';
import { createDatabase, createMariadb, type Database, migration } from '../src/database.js';
import { PASSWORD } from '../src/device.js';
import { haveServers } from '../src/servers.js';
import { newKey } from '../src/world.js';

const ready = await haveServers('PostgreSQL', 'MariaDB');
const stories = ready ? describe : describe.skip;

const ROUNDS = 30;
/**
 * The additional time of a new row, in seconds, as with a slow disk or a synchronous replica: longer than the answer
 * takes. A row that the unique index refuses does not fire this trigger.
 */
const COMMIT = 0.15;
const SERVERS = {
  postgres: {
    create: createDatabase,
    slowCommit: (table: string) => [
      `CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(${COMMIT}); RETURN NULL; END'`,
      `CREATE TRIGGER slow_${table} AFTER INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION slow()`,
    ],
  },
  mariadb: {
    create: createMariadb,
    slowCommit: (table: string) => [
      `CREATE TRIGGER slow_${table} AFTER INSERT ON ${table} FOR EACH ROW DO SLEEP(${COMMIT})`,
    ],
  },
};

/** Runs two kinds of work, in random order in each round. @returns the milliseconds of each, by rounds */
async function timed(kinds: readonly [() => Promise<number>, () => Promise<number>]) {
  const times: [number[], number[]] = [[], []];
  for (let round = -2; round < ROUNDS; round++) {
    for (const kind of shuffled([0, 1] as const)) {
      const ms = await kinds[kind]();
      // The first rounds warm up.
      if (round >= 0) times[kind].push(ms);
    }
  }
  return difference(...times);
}

stories.each(['postgres', 'mariadb'] as const)(
  'whether an address has an account on %s, while a new row takes long',
  (type) => {
    const mails: Mail[] = [];
    let database: Database;
    let db: DataSource;
    let app: INestApplication;
    let client: Client;
    let addresses = 0;
    const newAddress = () => `new-${++addresses}@example.org`;
    const TAKEN = 'taken@example.org';

    beforeAll(async () => {
      const { create, slowCommit } = SERVERS[type];
      database = await create();
      db = await new DataSource({ type, url: database.url, entities: [...authEntities(type)] }).initialize();
      for (const statement of [...(await migration(type)), ...slowCommit('auth_users')]) await db.query(statement);

      @Module({
        imports: [
          AuthModule.forRoot({
            ...typeOrmStores(db),
            features: [emailVerification()],
            secrets: { access: [newKey()], refresh: 'qZ7hUe2MxC5jRn9LbPf4WsGk1TdYv8oAi3EyJ6mKcXg' },
            password: { hasher: new CheapHasher() },
            throttle: { limiter: unlimited },
            mailer: { send: async (mail) => void mails.push(mail) },
            emailVerification: { page: 'https://app.example.org/verify', required: true },
          }),
        ],
      })
      class AppModule {}

      app = await NestFactory.create(AppModule, { logger: ['error'], forceCloseConnections: true });
      await app.listen(0, '127.0.0.1');
      client = new Client((app.getHttpServer().address() as AddressInfo).port);
    });
    afterAll(async () => {
      client?.close();
      await app?.close();
      await db?.destroy();
      await database?.drop();
    });

    const answers = new Set<string>();
    beforeEach(() => answers.clear());
    async function post(call: Omit<Call, 'method'>): Promise<number> {
      const { took, status, text } = await client.send({ method: 'POST', ...call });
      answers.add(`${status} ${text}`);
      await app.get(BackgroundTasks).settled();
      return took;
    }
    const register = (email: string) => post({ path: '/auth/register', body: { email, password: PASSWORD } });

    /** @returns an access token of a user with a verified address */
    async function signIn(): Promise<string> {
      const { userStore } = typeOrmStores(db);
      const login = 'me@example.org';
      const passwordHash = await new CheapHasher().hash(PASSWORD);
      const { id } = await userStore.create({ login, passwordHash, roles: [], profile: {} });
      await userStore.setEmailVerified?.(id, login, new Date());
      const body = { email: login, password: PASSWORD };
      return (await client.send({ method: 'POST', path: '/auth/login', body })).body.access_token;
    }

    test('shows neither in the bytes nor in the time of a registration that waits for the verification', async () => {
      await register(TAKEN);
      const told = await timed([() => register(newAddress()), () => register(TAKEN)]);
      expect([...answers]).toEqual(['202 {"pending":"email_verification"}']);
      expect([told].filter(isTold)).toEqual([]);
      // Each account was made, and its owner got a mail.
      const { userStore } = typeOrmStores(db);
      expect(await userStore.findByLogin(`new-${addresses}@example.org`)).not.toBeNull();
      expect(mails.filter(({ to }) => to !== TAKEN)).toHaveLength(addresses);
    });

    test('shows neither in the bytes nor in the time of an answer to a change of address', async () => {
      const token = await signIn();
      // A link to a free address is stored.
      for (const statement of SERVERS[type].slowCommit('auth_ephemeral')) await db.query(statement);
      const change = async (email: string): Promise<number> => {
        // Earlier requests warm up a connection, and they differ.
        await client.send({ method: 'GET', path: '/auth/me', token });
        return post({ path: '/auth/email', token, body: { email, current_password: PASSWORD } });
      };
      const before = mails.length;
      const told = await timed([() => change(newAddress()), () => change(TAKEN)]);
      expect([...answers]).toEqual(['202 ']);
      expect([told].filter(isTold)).toEqual([]);
      const kinds = new Set(mails.slice(before).map(({ kind }) => kind));
      expect(kinds).toEqual(new Set(['email_change_requested', 'verify_new_email', 'account_exists']));
    });

    test('can be measured if the answer waits for the row, so the tests above prove something', async () => {
      const { userStore } = typeOrmStores(db);
      const create = async (login: string): Promise<number> => {
        const started = performance.now();
        await userStore.create({ login, passwordHash: '-', roles: [], profile: {} }).catch(() => {});
        return performance.now() - started;
      };
      expect(isTold(await timed([() => create(newAddress()), () => create(TAKEN)]))).toBe(true);
    });
  },
);
