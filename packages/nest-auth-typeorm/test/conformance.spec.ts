import {
  credentialStoreConformance,
  ephemeralStoreConformance,
  sessionStoreConformance,
  userStoreConformance,
} from '@acme/nest-auth/testing';
import { authEntities, typeOrmStores } from '@acme/nest-auth-typeorm';
import { test } from '@jest/globals';
import { onEachServer } from './servers.js';

await onEachServer({
  entities: (server) => authEntities(server.options('').type),
  schema: 'migration',
  tests: (current) => {
    userStoreConformance({
      test,
      factory: () => typeOrmStores(current()).userStore,
      supports: { setEmailVerified: true, setLogin: true },
    });
    sessionStoreConformance({
      test,
      factory: () => typeOrmStores(current()).sessionStore,
      supports: { revokedSince: true },
    });
    ephemeralStoreConformance({ test, factory: () => typeOrmStores(current()).ephemeralStore });
    credentialStoreConformance({ test, factory: () => typeOrmStores(current()).credentialStore });
  },
});
