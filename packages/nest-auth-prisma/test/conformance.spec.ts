import {
  credentialStoreConformance,
  ephemeralStoreConformance,
  sessionStoreConformance,
  userStoreConformance,
} from '@acme/nest-auth/testing';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import { prismaStores } from '../src/index.js';
import { createPglite, createPostgres, postgresTest, type TestDatabase } from './servers.js';

const databases = [
  { name: 'PostgreSQL', create: () => createPostgres(), test: postgresTest },
  { name: 'PGlite', create: createPglite, test },
];

const people = {
  idType: 'bigint',
  id: 'number',
  login: 'mail',
  passwordHash: 'secret',
  role: 'role',
  isActive: 'isActive',
  emailVerifiedAt: 'confirmedAt',
  logins: 'mixed-case',
} as const;

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
  credentialStoreConformance({ test, factory: () => stores().credentialStore! });
  describe('uuid', () =>
    userStoreConformance({
      test,
      factory: () => stores().userStore,
      supports: { setEmailVerified: true, setLogin: true },
    }));
  describe("the team's own table, Int", () =>
    userStoreConformance({
      test,
      factory: () =>
        prismaStores(
          { ...models(), authUser: db.prisma.account },
          { user: { idType: 'number', login: 'email', disabledAt: 'blockedAt', logins: 'mixed-case' } },
        ).userStore,
      insertLegacy: (login) => db.query(`INSERT INTO accounts (email_address, roles) VALUES ('${login}', '{}')`),
      supports: { setLogin: true },
    }));
  describe("the team's own table, BigInt", () =>
    userStoreConformance({
      test,
      factory: () =>
        prismaStores({ ...models(), authUser: db.prisma.member }, { user: { idType: 'bigint' } }).userStore,
      supports: { setLogin: true },
    }));
  describe("the team's own table, one role out of an enum, logins with a unique index on lower(…)", () =>
    userStoreConformance({
      test,
      factory: () => prismaStores({ ...models(), authUser: db.prisma.person }, { user: people }).userStore,
      roles: ['EDITOR'],
      noRoles: ['GUEST'],
      insertLegacy: (login) => db.query(`INSERT INTO people (mail) VALUES ('${login}')`),
      supports: { setEmailVerified: true, setLogin: true },
    }));

  const models = () => ({ authSession: db.prisma.authSession, authEphemeral: db.prisma.authEphemeral });
});
