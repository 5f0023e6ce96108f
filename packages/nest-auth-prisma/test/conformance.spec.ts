import { ephemeralStoreConformance, sessionStoreConformance, userStoreConformance } from '@acme/nest-auth/testing';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { prismaStores } from '../src/index.js';
import { createPglite, createPostgres, postgresTest, type TestDatabase } from './servers.js';

const databases = [
  { name: 'PostgreSQL', create: () => createPostgres(), test: postgresTest },
  { name: 'PGlite', create: createPglite, test },
];

describe.each(databases)('$name', (database) => {
  let db: TestDatabase;
  beforeAll(async () => {
    db = await database.create();
  });
  afterAll(() => db?.drop());

  const stores = () => prismaStores(db.prisma);
  const { test } = database;

  sessionStoreConformance({ test, factory: () => stores().sessionStore, supports: { revokedSince: true } });
  describe('rotations in SQL', () =>
    sessionStoreConformance({
      test,
      factory: () => prismaStores(db.prisma, { rawSessions: { client: db.prisma } }).sessionStore,
      supports: { revokedSince: true },
    }));
  ephemeralStoreConformance({ test, factory: () => stores().ephemeralStore });
  describe('uuid', () => userStoreConformance({ test, factory: () => stores().userStore }));
  describe("the team's own table, Int", () =>
    userStoreConformance({
      test,
      factory: () =>
        prismaStores(
          { ...models(), authUser: db.prisma.account },
          { user: { id: 'number', fields: { login: 'email', disabledAt: 'blockedAt' } } },
        ).userStore,
    }));
  describe("the team's own table, BigInt", () =>
    userStoreConformance({
      test,
      factory: () => prismaStores({ ...models(), authUser: db.prisma.member }, { user: { id: 'bigint' } }).userStore,
    }));

  const models = () => ({ authSession: db.prisma.authSession, authEphemeral: db.prisma.authEphemeral });
});
