import type { Device } from './auth-event.js';

/** The client that waits for an answer. */
export interface Client {
  /** Whether it has gone away. */
  readonly isGone: boolean;
  /**
   * Calls `listener` once when the client goes away.
   * @returns a function that removes the listener
   */
  onGone(listener: () => void): () => void;
}

/** What the edge knows about a call besides its device. */
export interface Call {
  readonly request: unknown;
  readonly client: Client;
}

/**
 * The calls by device. They are not part of the devices, because devices reach events, logs and stores, and a request
 * contains passwords. The ESM and the CommonJS copy share them.
 */
const SHARED = Symbol.for('acme/nest-auth:calls');
const shared = globalThis as { [SHARED]?: WeakMap<Device, Call> };
shared[SHARED] ??= new WeakMap();
const calls = shared[SHARED];

/** Remembers the call that a device came with, for as long as the device is in use. */
export function rememberCall(device: Device, call: Call): void {
  calls.set(device, call);
}

/** @returns `undefined` for a device that an app made by itself */
export function callOf(device: Device): Call | undefined {
  return calls.get(device);
}
