import { setImmediate as nextTurn } from 'node:timers/promises';
import { AuthError } from '../errors/auth-error.js';
import { Periodic } from '../resilience/periodic.js';

/** Something that outlives the call that authenticated it: a socket, a subscription. */
export interface LiveConnection {
  /** The caller's session. If this process revokes it, the connection closes at once. */
  readonly sessionId: string | undefined;
  /** Authenticates the caller again. @throws AuthError if the caller would be refused now */
  check(): unknown;
  close(error: AuthError): void;
}

/** A connection outlives its session by at most this pause and the time of the check. */
const PAUSE_MS = 500;
/** How much longer than a run of checks the pause is: checks take at most a tenth of the time. */
const REST_PER_WORK = 9;
/**
 * The longest pause, even after a long run: the run may have waited for a store, or the process may have been stopped.
 */
const MAX_PAUSE_MS = 3_000;
/** How many are checked before other work runs, and how many checks may wait for a store at once. */
const BATCH = 100;

/** Closes the connections of callers who would be refused now. */
export class LiveConnections {
  readonly #connections = new Set<LiveConnection>();
  readonly #bySession = new Map<string, Set<LiveConnection>>();
  readonly #bySocket = new WeakMap<object, Set<string>>();
  readonly #checks: Periodic;
  #lastRun = 0;
  #running = false;

  constructor(pauseMs = PAUSE_MS) {
    const pause = () => Math.max(pauseMs, Math.min(this.#lastRun * REST_PER_WORK, MAX_PAUSE_MS));
    this.#checks = new Periodic(() => this.#checkAll(), pause);
  }

  get size(): number {
    return this.#connections.size;
  }

  /** @returns a function that forgets the connection; call it when the connection closes */
  add(connection: LiveConnection): () => void {
    const { sessionId } = connection;
    this.#connections.add(connection);
    if (sessionId !== undefined) {
      const ofSession = this.#bySession.get(sessionId) ?? new Set();
      this.#bySession.set(sessionId, ofSession.add(connection));
    }
    if (!this.#running) this.#checks.start();
    this.#running = true;
    return () => this.#remove(connection);
  }

  /**
   * Like `add`, for a socket that carries several subscriptions: equal credentials are kept once.
   * @returns `undefined` if these credentials are already kept
   */
  addOnce(socket: object, credentials: string, connection: LiveConnection): (() => void) | undefined {
    const kept = this.#bySocket.get(socket) ?? new Set();
    if (kept.has(credentials)) return undefined;
    this.#bySocket.set(socket, kept.add(credentials));
    return this.add(connection);
  }

  /** Closes all connections of a session. */
  endSession(sessionId: string): void {
    for (const connection of [...(this.#bySession.get(sessionId) ?? [])]) {
      this.#close(connection, new AuthError('token_revoked'));
    }
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#checks.stop();
  }

  async #checkAll(): Promise<void> {
    const started = performance.now();
    const all = [...this.#connections];
    for (let at = 0; at < all.length; at += BATCH) {
      await Promise.all(all.slice(at, at + BATCH).map((connection) => this.#check(connection)));
      await nextTurn();
    }
    this.#lastRun = performance.now() - started;
  }

  async #check(connection: LiveConnection): Promise<void> {
    try {
      await connection.check();
    } catch (error) {
      this.#close(connection, error instanceof AuthError ? error : new AuthError('store_unavailable'));
    }
  }

  #close(connection: LiveConnection, error: AuthError): void {
    this.#remove(connection);
    try {
      connection.close(error);
    } catch {
      // Closed by the other side meanwhile.
    }
  }

  #remove(connection: LiveConnection): void {
    this.#connections.delete(connection);
    const ofSession = this.#bySession.get(connection.sessionId ?? '');
    ofSession?.delete(connection);
    if (ofSession?.size === 0) this.#bySession.delete(connection.sessionId ?? '');
  }
}
