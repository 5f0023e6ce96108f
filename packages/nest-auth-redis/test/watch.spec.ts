import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { RevokedSession } from '@acme/nest-auth';
import { afterEach, expect, test } from '@jest/globals';
import { redisStores } from '../src/index.js';
import { closedPort, type OpenClient, withBothLibraries } from './servers.js';

/** Passes events to the test that waits for the next one. */
class Inbox<T> {
  readonly #waiting: ((value: T) => void)[] = [];
  readonly #unread: T[] = [];

  readonly push = (value: T): void => {
    const reader = this.#waiting.shift();
    if (reader) reader(value);
    else this.#unread.push(value);
  };

  next(): Promise<T> {
    if (this.#unread.length > 0) return Promise.resolve(this.#unread.shift() as T);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get isEmpty(): boolean {
    return this.#unread.length === 0;
  }
}

/** Resolves when every socket that was opened meanwhile is closed. */
function openedSockets(): { readonly closed: () => Promise<void> } {
  const sockets: Socket[] = [];
  const onSocket = (message: unknown) => void sockets.push((message as { readonly socket: Socket }).socket);
  subscribe('net.client.socket', onSocket);
  return {
    closed: async () => {
      unsubscribe('net.client.socket', onSocket);
      expect(sockets.length).toBeGreaterThan(0);
      for (const socket of sockets) if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
    },
  };
}

withBothLibraries('watching revocations', (bench) => {
  const cleanUp: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const step of cleanUp.splice(0).reverse()) await step();
  });

  /** A watcher on a client of its own, and a store on the other client that revokes. */
  async function watching(options: { readonly givesUp?: boolean } = {}) {
    const name = `watcher-${randomUUID()}`;
    const own = await bench.library.open({ name, ...options });
    cleanUp.push(own.close);
    const [told, lost] = [new Inbox<RevokedSession>(), new Inbox<void>()];
    const watcher = redisStores(own.client, { prefix: bench.prefix }).sessionStore;
    const stop = await watcher.watchRevocations!(told.push, () => lost.push());
    cleanUp.push(stop);
    const { sessionStore } = redisStores(bench.open.client, { prefix: bench.prefix });
    const revoke = async (): Promise<RevokedSession> => {
      const [now, end] = [new Date(), new Date(Date.now() + 60_000)];
      const session = { id: randomUUID(), userId: 'us"er/ü', secretHash: 'x', generation: 0, revokedAt: null };
      const rest = {
        createdAt: now,
        rotatedAt: now,
        expiresAt: end,
        absoluteExpiresAt: end,
        userAgent: null,
        ip: null,
        methods: ['pwd'],
        authenticatedAt: now,
        remember: true,
        actorId: null,
      };
      await sessionStore.create({ ...session, ...rest });
      await sessionStore.revoke(session.id);
      const { revokedAt } = (await sessionStore.find(session.id))!;
      return { sessionId: session.id, userId: session.userId, revokedAt: revokedAt! };
    };
    return { name, own, told, lost, stop, revoke };
  }

  async function kill(open: OpenClient, name: string): Promise<number> {
    const list = String(await open.send('CLIENT', 'LIST', 'TYPE', 'pubsub'));
    const ids = list
      .split('\n')
      .flatMap((line) => (line.includes(` name=${name} `) ? [/id=(\d+)/.exec(line)![1]!] : []));
    for (const id of ids) await open.send('CLIENT', 'KILL', 'ID', id);
    return ids.length;
  }

  test('tells what revokedSince shows', async () => {
    const { told, revoke, lost } = await watching();
    const since = new Date();
    const revoked = await revoke();
    expect(await told.next()).toEqual(revoked);
    const { sessionStore } = redisStores(bench.open.client, { prefix: bench.prefix });
    expect(await sessionStore.revokedSince(since, { limit: 100 })).toContainEqual(revoked);
    expect(lost.isEmpty).toBe(true);
  });

  test('a connection that breaks is said to be lost, and so is what was missed; then it tells again', async () => {
    const { name, told, lost, revoke } = await watching();
    for (let i = 0; i < 3; i++) {
      expect(await kill(bench.open, name)).toBe(1);
      await lost.next();
      // Nobody may hear this one.
      await revoke();
      // Again, after it listens: only now does a query return every missed revocation.
      await lost.next();
      const revoked = await revoke();
      for (let next = await told.next(); ; next = await told.next()) {
        if (next.sessionId !== revoked.sessionId) continue;
        expect(next).toEqual(revoked);
        break;
      }
    }
    expect(lost.isEmpty).toBe(true);
  });

  test('a client that does not reconnect does not end it', async () => {
    const { name, told, lost, revoke } = await watching({ givesUp: true });
    expect(await kill(bench.open, name)).toBe(1);
    await lost.next();
    await lost.next();
    const revoked = await revoke();
    expect(await told.next()).toEqual(revoked);
  });

  test('a foreign message on the channel makes the watcher ask the store again', async () => {
    const { told, lost, revoke } = await watching();
    await bench.open.send('PUBLISH', `{${bench.prefix}}:revocations`, 'not ours');
    await lost.next();
    const revoked = await revoke();
    expect(await told.next()).toEqual(revoked);
  });

  test('stop closes the connection, also while it is broken, and nothing is told afterwards', async () => {
    for (const isBroken of [false, true]) {
      const sockets = openedSockets();
      const { name, own, told, lost, stop, revoke } = await watching();
      if (isBroken) {
        await kill(bench.open, name);
        await lost.next();
      }
      await stop();
      await stop();
      await own.close();
      await sockets.closed();
      expect(await kill(bench.open, name)).toBe(0);
      await revoke();
      expect([told.isEmpty, lost.isEmpty]).toEqual([true, true]);
    }
  });

  test('without a Redis it rejects, and leaves nothing open', async () => {
    const sockets = openedSockets();
    const down = bench.library.openUnreachable(await closedPort());
    const { sessionStore } = redisStores(down.client, { prefix: bench.prefix });
    await expect(
      sessionStore.watchRevocations!(
        () => {},
        () => {},
      ),
    ).rejects.toThrow('ECONNREFUSED');
    await down.close();
    await sockets.closed();
  });
});
