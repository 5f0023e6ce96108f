import {
  credentialStoreConformance,
  ephemeralStoreConformance,
  sessionStoreConformance,
} from '@acme/nest-auth/testing';
import { test } from '@jest/globals';
import { redisStores } from '../src/index.js';
import { withBothLibraries } from './servers.js';

withBothLibraries('the Redis stores', (bench) => {
  const stores = () => redisStores(bench.open.client, { prefix: bench.prefix, credentials: true });
  sessionStoreConformance({
    test,
    factory: () => stores().sessionStore,
    supports: { revokedSince: true, watchRevocations: true },
  });
  ephemeralStoreConformance({ test, factory: () => stores().ephemeralStore });
  credentialStoreConformance({ test, factory: () => stores().credentialStore! });
});
