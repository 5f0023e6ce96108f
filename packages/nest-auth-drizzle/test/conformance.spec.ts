import { ephemeralStoreConformance, sessionStoreConformance, userStoreConformance } from '@acme/nest-auth/testing';
import { describe, test } from '@jest/globals';
import { onEachDatabase } from './servers.js';

await onEachDatabase((subject) => {
  sessionStoreConformance({ test, factory: () => subject().stores.sessionStore, supports: { revokedSince: true } });
  describe("a team's own", () => {
    sessionStoreConformance({ test, factory: () => subject().own.sessionStore, supports: { revokedSince: true } });
  });
  ephemeralStoreConformance({ test, factory: () => subject().stores.ephemeralStore });
  describe('users with UUIDs', () => {
    userStoreConformance({ test, factory: () => subject().stores.userStore });
  });
  describe("a team's own users, with numbers", () => {
    userStoreConformance({ test, factory: () => subject().own.userStore });
  });
});
