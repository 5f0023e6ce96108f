import { MemoryCredentialStore } from './credential-store.js';
import { MemoryEphemeralStore } from './ephemeral-store.js';
import type { MemoryStoreOptions } from './memory-store.js';
import { MemorySessionStore } from './session-store.js';
import { MemoryUserStore } from './user-store.js';

/** Every store, in memory: for tests and first trials. Their data ends with the process. */
export function memoryStores(options: MemoryStoreOptions = {}): {
  readonly userStore: MemoryUserStore;
  readonly sessionStore: MemorySessionStore;
  readonly ephemeralStore: MemoryEphemeralStore;
  readonly credentialStore: MemoryCredentialStore;
} {
  return {
    userStore: new MemoryUserStore(options),
    sessionStore: new MemorySessionStore(options),
    ephemeralStore: new MemoryEphemeralStore(options),
    credentialStore: new MemoryCredentialStore(options),
  };
}
