import {
  credentialStoreConformance,
  ephemeralStoreConformance,
  sessionStoreConformance,
  userStoreConformance,
} from '@acme/nest-auth/testing';
import { describe, test } from '@jest/globals';
import { onEachDatabase } from './databases.js';

const NO_ROLES = { pg: "'{}'", mysql: "'[]'", sqlite: "'[]'" };

await onEachDatabase((subject, dialect) => {
  sessionStoreConformance({ test, factory: () => subject().stores.sessionStore, supports: { revokedSince: true } });
  describe("a team's own", () => {
    sessionStoreConformance({ test, factory: () => subject().own.sessionStore, supports: { revokedSince: true } });
  });
  ephemeralStoreConformance({ test, factory: () => subject().stores.ephemeralStore });
  credentialStoreConformance({ test, factory: () => subject().stores.credentialStore });
  describe('users with UUIDs', () => {
    userStoreConformance({
      test,
      factory: () => subject().stores.userStore,
      supports: { setEmailVerified: true, setLogin: true },
    });
  });
  describe("a team's own users, with numbers", () => {
    userStoreConformance({
      test,
      factory: () => subject().own.userStore,
      insertLegacy: (login) =>
        subject().run(`INSERT INTO members (email, roles) VALUES ('${login}', ${NO_ROLES[dialect]})`),
      supports: { setLogin: true },
    });
  });
  describe("a team's own users, with one role, a flag, and a loose collation", () => {
    userStoreConformance({
      test,
      factory: () => subject().people.userStore,
      roles: ['EDITOR'],
      noRoles: ['GUEST'],
      insertLegacy: (login) => subject().run(`INSERT INTO people (email) VALUES ('${login}')`),
      supports: { exactLogins: dialect !== 'mysql', setEmailVerified: true, setLogin: true },
    });
  });
});
