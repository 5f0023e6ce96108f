import { randomUUID } from 'node:crypto';
import type { SessionRecord } from '@acme/nest-auth';
import { expect, test } from '@jest/globals';
import { redisStores, redisThrottle } from '../src/index.js';
import { watchCommands } from './monitor.js';
import { type Bench, scan, withBothLibraries } from './servers.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function sessionOf(userId: string, changes: Partial<SessionRecord> = {}): SessionRecord {
  const createdAt = changes.createdAt ?? new Date();
  return {
    id: randomUUID(),
    userId,
    secretHash: 'x'.repeat(43),
    generation: 0,
    createdAt,
    rotatedAt: createdAt,
    expiresAt: new Date(createdAt.getTime() + 30 * DAY),
    absoluteExpiresAt: new Date(createdAt.getTime() + 90 * DAY),
    revokedAt: null,
    userAgent: null,
    ip: null,
    methods: ['pwd'],
    authenticatedAt: createdAt,
    remember: true,
    actorId: null,
    ...changes,
  };
}

const rotation = ({ id, secretHash }: SessionRecord, fromGeneration: number, now: Date, expiresAt: Date) => ({
  ...{ id, secretHash, fromGeneration, now, expiresAt },
});

/** Every operation, by name. They must run in this order. */
function operations({ open, prefix }: Bench): [string, () => Promise<unknown>][] {
  const { sessionStore, ephemeralStore } = redisStores(open.client, { prefix });
  const limiter = redisThrottle(open.client, { prefix }).limiter({ keyPrefix: 'account', points: 5, duration: 60 });
  const userId = randomUUID();
  const session = sessionOf(userId);
  const ended = sessionOf(userId, { absoluteExpiresAt: new Date(Date.now() - HOUR) });
  const [now, later] = [new Date(), new Date(Date.now() + HOUR)];
  return [
    ['create', () => sessionStore.create(session)],
    ['create another', () => sessionStore.create(sessionOf(userId))],
    ['create one that has ended', () => sessionStore.create(ended)],
    ['create one that is revoked', () => sessionStore.create(sessionOf(userId, { revokedAt: new Date() }))],
    ['find', () => sessionStore.find(session.id)],
    ['advance, won', () => sessionStore.advance(rotation(session, 0, now, later))],
    ['advance, lost', () => sessionStore.advance(rotation(session, 0, now, later))],
    ['listActive', () => sessionStore.listActive(userId, { now, limit: 10 })],
    ['reauthenticate', () => sessionStore.reauthenticate(session.id, { at: now, methods: ['otp'], now })],
    ['revoke', () => sessionStore.revoke(session.id)],
    ['revokeAll', () => sessionStore.revokeAll(userId, { limit: 10 })],
    ['revokedSince', () => sessionStore.revokedSince(now, { limit: 10, afterId: session.id })],
    ['deleteExpired', () => sessionStore.deleteExpired(now)],
    ['put', () => ephemeralStore.put('a', 'value', 60)],
    ['putIfAbsent', () => ephemeralStore.putIfAbsent('b', 'value', 60)],
    ['get', () => ephemeralStore.get('a')],
    ['take', () => ephemeralStore.take('a')],
    ['limiter.consume', () => limiter.consume('someone')],
    ['limiter.reward', () => limiter.reward('someone')],
    ['limiter.set', () => limiter.set('someone', 1, 60)],
    ['limiter.get', () => limiter.get('someone')],
  ];
}

/** Every operation on credentials: they are kept until they are deleted. */
function credentialOperations({ open, prefix }: Bench): [string, () => Promise<unknown>][] {
  const { credentialStore: store } = redisStores(open.client, { prefix, credentials: true });
  if (!store) throw new Error('There is no credentialStore.');
  const [id, userId, key] = [randomUUID(), randomUUID(), randomUUID()];
  const credential = {
    id,
    userId,
    kind: 'totp',
    key,
    data: {},
    createdAt: new Date(),
    lastUsedAt: null,
    expiresAt: null,
  };
  const other = { ...credential, id: randomUUID(), key: randomUUID() };
  return [
    ['create', () => store.create(credential)],
    ['create another', () => store.create(other)],
    ['create, taken', () => store.create(credential)],
    ['find', () => store.find('totp', key)],
    ['list', () => store.list(userId)],
    ['update', () => store.update(id, 1, { key: `${key}-new`, data: { step: 1 } })],
    ['delete', () => store.delete(userId, id)],
    ['deleteAll', () => store.deleteAll(userId, 'totp')],
  ];
}

withBothLibraries('what is kept in Redis', (bench) => {
  const keysOf = () => scan(bench.open, `{${bench.prefix}}:*`);
  const lifeOf = async (key: string) => Number(await bench.open.send('PTTL', key));
  const sessions = () => redisStores(bench.open.client, { prefix: bench.prefix }).sessionStore;

  test('expires by itself, whatever the operation', async () => {
    for (const [name, run] of operations(bench)) {
      await run();
      const lives = await Promise.all((await keysOf()).map(async (key) => [key, await lifeOf(key)] as const));
      expect({ name, without: lives.filter(([, life]) => life < 0) }).toEqual({ name, without: [] });
    }
    expect((await keysOf()).length).toBeGreaterThan(5);
  });

  test('outlives its session by a day, and the index its last session', async () => {
    const store = sessions();
    const userId = randomUUID();
    const long = sessionOf(userId);
    const short = sessionOf(userId, { absoluteExpiresAt: new Date(Date.now() + HOUR) });
    const ended = sessionOf(userId, { absoluteExpiresAt: new Date(Date.now() - HOUR) });
    for (const session of [long, short, ended]) await store.create(session);
    const days = async (key: string) => Math.round((await lifeOf(`{${bench.prefix}}:${key}`)) / DAY);
    expect(await days(`session:${long.id}`)).toBe(91);
    expect(await days(`session:${short.id}`)).toBe(1);
    expect(await days(`session:${ended.id}`)).toBe(1);
    expect(await days(`user:${userId}`)).toBe(91);
  });

  test('has the prefix, written by the client or by a script', async () => {
    const { sent, inScripts } = await watchCommands(bench.open, async () => {
      for (const [, run] of [...operations(bench), ...credentialOperations(bench)]) await run();
    });
    const begin = `{${bench.prefix}}:`;
    const keys = sent.flatMap(([command, first = '', count, ...rest]) => {
      if (/^(multi|exec)$/i.test(command!)) return [];
      return /^eval(sha)?$/i.test(command!) ? rest.slice(0, Number(count)) : [first];
    });
    // The second word of a command is its key, or the channel.
    keys.push(...inScripts.map(([, key = '']) => key));
    expect(keys.length).toBeGreaterThan(50);
    expect(keys.filter((key) => !key.startsWith(begin))).toEqual([]);
  });

  test('is read and written in one round trip for each operation', async () => {
    for (const [, run] of [...operations(bench), ...credentialOperations(bench)]) await run();
    const trips: Record<string, readonly string[]> = {};
    const ofCredentials = credentialOperations(bench).map(([name, run]) => [`credential: ${name}`, run] as const);
    for (const [name, run] of [...operations(bench), ...ofCredentials]) {
      if (name.startsWith('limiter')) continue;
      const { sent } = await watchCommands(bench.open, run);
      trips[name] = sent.map(([command]) => command!.toLowerCase());
    }
    for (const [name, commands] of Object.entries(trips))
      expect({ name, count: commands.length }).toEqual({ name, count: 1 });
    expect(trips).toMatchObject({
      'advance, won': ['evalsha'],
      'advance, lost': ['evalsha'],
      find: ['hmget'],
      take: ['getdel'],
    });
  });

  test('is kept by scripts that Redis may forget at any time', async () => {
    const store = sessions();
    const session = sessionOf(randomUUID());
    const steps: [() => Promise<unknown>, unknown][] = [
      [() => store.create(session), undefined],
      [() => store.advance(rotation(session, 0, new Date(), new Date(Date.now() + HOUR))), { won: true }],
      [() => store.listActive(session.userId, { now: new Date(), limit: 10 }), [{ id: session.id, generation: 1 }]],
      [() => store.revoke(session.id), true],
      [() => store.revokeAll(session.userId, { limit: 10 }), []],
      [() => store.deleteExpired(new Date(0)), 0],
    ];
    for (const [step, answer] of steps) {
      await bench.open.send('SCRIPT', 'FLUSH');
      const got = await step();
      if (answer !== null && typeof answer === 'object') expect(got).toMatchObject(answer);
      else expect(got).toBe(answer);
    }
  });

  test('of credentials is all gone when they are deleted, and without `credentials: true` there is no store', async () => {
    const before = await keysOf();
    const steps = credentialOperations(bench);
    for (const [, run] of steps.slice(0, -2)) await run();
    expect((await keysOf()).length).toBe(before.length + 5);
    for (const [, run] of steps.slice(-2)) await run();
    expect((await keysOf()).sort()).toEqual(before.sort());
    expect(redisStores(bench.open.client)).not.toHaveProperty('credentialStore');
  });

  test('goes by the time that it is given, not by the time of Redis', async () => {
    const store = sessions();
    for (const year of [2001, 2090]) {
      const session = sessionOf(randomUUID(), { createdAt: new Date(`${year}-01-01T00:00:00.123Z`) });
      await store.create(session);
      await store.create(sessionOf(session.userId, { createdAt: session.createdAt }));
      const at = (days: number) => new Date(session.createdAt.getTime() + days * DAY);
      expect((await store.advance(rotation(session, 0, at(1), at(200))))?.session).toMatchObject({
        rotatedAt: at(1),
        expiresAt: at(200),
      });
      expect((await store.advance(rotation(session, 1, at(90), at(200))))?.won).toBe(false);
      expect((await store.advance(rotation(session, 1, at(89), at(200))))?.won).toBe(true);
      expect(await store.listActive(session.userId, { now: at(29), limit: 10 })).toHaveLength(2);
      expect(await store.listActive(session.userId, { now: at(89), limit: 10 })).toHaveLength(1);
      expect(await store.listActive(session.userId, { now: at(90), limit: 10 })).toHaveLength(0);
    }
  });

  test('is forgotten by later sessions if nobody calls deleteExpired', async () => {
    const store = sessions();
    const userId = randomUUID();
    const long = new Date(Date.now() - 100 * DAY);
    for (let i = 0; i < 12; i++) await store.create(sessionOf(userId, { createdAt: long }));
    const index = async () => Number(await bench.open.send('ZCARD', `{${bench.prefix}}:user:${userId}`));
    expect(await index()).toBe(12);
    await store.create(sessionOf(userId));
    expect(await index()).toBe(3);
    await store.create(sessionOf(userId));
    expect(await index()).toBe(2);
  });

  test('is deleted in one call, however much it is', async () => {
    const store = sessions();
    await store.deleteExpired(new Date());
    const ends = new Date(Date.now() - HOUR);
    const userId = randomUUID();
    await Promise.all(Array.from({ length: 2100 }, () => store.create(sessionOf(userId, { absoluteExpiresAt: ends }))));
    expect(await store.deleteExpired(new Date())).toBe(2100);
    expect(await bench.open.send('EXISTS', `{${bench.prefix}}:user:${userId}`)).toBe(0);
  });

  test('is listed also behind thousands of sessions that have expired, some of one instant', async () => {
    const store = sessions();
    const userId = randomUUID();
    const now = new Date();
    const at = (n: number) => new Date(now.getTime() - (n < 1500 ? 0 : n));
    const rows = Array.from({ length: 2500 }, (_, n) =>
      sessionOf(userId, { createdAt: at(n), expiresAt: n % 500 === 499 ? new Date(now.getTime() + HOUR) : now }),
    );
    await Promise.all(rows.map((row) => store.create(row)));
    const expected = rows
      .filter(({ expiresAt }) => expiresAt > now)
      .sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id > b.id ? -1 : 1))
      .map(({ id }) => id);
    const list = async (limit: number, offset: number) =>
      (await store.listActive(userId, { now, limit, offset })).map(({ id }) => id);
    expect(await list(10, 0)).toEqual(expected);
    expect(await list(2, 0)).toEqual(expected.slice(0, 2));
    expect(await list(2, 2)).toEqual(expected.slice(2, 4));
    expect(await list(10, 4)).toEqual(expected.slice(4));
    expect(await list(10, 5)).toEqual([]);
  });

  test('takes a prefix that keeps the hash tag whole, and a client of a known kind', () => {
    for (const prefix of ['', 'a{b', 'a}b'])
      expect(() => redisStores(bench.open.client, { prefix })).toThrow(
        expect.objectContaining({ code: 'invalid_configuration' }),
      );
    for (const client of [{}, null, { sendCommand: (_key: string, _read: boolean, _args: []) => {}, duplicate() {} }])
      for (const make of [redisStores, redisThrottle])
        expect(() => make(client as never)).toThrow(expect.objectContaining({ code: 'invalid_configuration' }));
  });
});
