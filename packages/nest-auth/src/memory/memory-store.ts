const MEMORY = Symbol.for('acme/nest-auth:memory-store');

export interface MemoryStoreOptions {
  /** Boot refuses a memory store when `NODE_ENV` is `production`, unless this is set. @default false */
  readonly allowInProduction?: boolean;
  /** @default Date.now */
  readonly clock?: () => number;
}

/** The base class of all memory stores. */
export abstract class MemoryStore {
  readonly [MEMORY] = true;
  readonly allowInProduction: boolean;
  protected readonly clock: () => number;

  constructor({ allowInProduction = false, clock = Date.now }: MemoryStoreOptions = {}) {
    this.allowInProduction = allowInProduction;
    this.clock = clock;
  }
}

export function isMemoryStore(store: object): store is MemoryStore {
  return MEMORY in store;
}
