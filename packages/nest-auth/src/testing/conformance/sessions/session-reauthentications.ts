import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Reauthentication, SessionRecord } from '@acme/nest-auth';
import { race } from '../kit.js';
import {
  assertSame,
  HOUR,
  later,
  MINUTE,
  record,
  rotation,
  type SessionStoreConformance,
  setUpOf,
} from './session-record.js';

/** A user proves again who they are, while the session continues. */
export function reauthentications(kit: SessionStoreConformance): void {
  const { test } = kit;
  const setUp = setUpOf(kit);
  const METHODS = ['pwd', 'otp', 'mfa'];
  const proof = (session: SessionRecord, changes: Partial<Reauthentication> = {}): Reauthentication => {
    const now = changes.now ?? later(session);
    return { at: now, methods: METHODS, now, ...changes };
  };

  test('SessionStore: reauthenticate writes the time and the methods of the login, and nothing else', async () => {
    const { store, session } = await setUp({ remember: false, actorId: await (kit.userId ?? randomUUID)() });
    const other = record({ userId: session.userId });
    await store.create(other);
    const at = new Date(later(session).getTime() + 7);
    assert.equal(await store.reauthenticate(session.id, proof(session, { at })), true);
    const confirmed = { ...session, authenticatedAt: at, methods: METHODS };
    assertSame(await store.find(session.id), confirmed);
    assertSame(await store.find(other.id), other);
    const answer = await store.advance(rotation(session));
    assert.equal(answer?.won, true);
    assert.deepEqual([answer?.session.authenticatedAt, answer?.session.methods], [at, METHODS], 'after a rotation');
  });

  test('SessionStore: reauthenticate does not change a session that is revoked, unused for too long, at its end or missing', async () => {
    const { store, session } = await setUp();
    const [revoked, unused, over] = [
      record({ userId: session.userId }),
      record({ userId: session.userId, expiresAt: later(session) }),
      record({ userId: session.userId, absoluteExpiresAt: later(session) }),
    ];
    for (const row of [revoked, unused, over]) await store.create(row);
    await store.revoke(revoked.id);
    for (const row of [revoked, unused, over]) {
      const before = await store.find(row.id);
      assert.equal(await store.reauthenticate(row.id, proof(session)), false);
      assertSame(await store.find(row.id), before);
    }
    for (const id of [randomUUID(), '', '0', 'x', "' OR 1=1 --", 'ü'])
      assert.equal(await store.reauthenticate(id, proof(session)), false, JSON.stringify(id));
    const justBefore = new Date(later(session).getTime() - 1);
    assert.equal(
      await store.reauthenticate(unused.id, proof(session, { now: justBefore })),
      true,
      'a millisecond before',
    );
    assertSame(await store.find(session.id), session);
  });

  test('SessionStore: reauthenticate never moves the time of the login back', async () => {
    const { store, session } = await setUp();
    const earlier = new Date(session.authenticatedAt.getTime() - 1);
    assert.equal(await store.reauthenticate(session.id, proof(session, { at: earlier })), false);
    assertSame(await store.find(session.id), session);
    const same = proof(session, { at: session.authenticatedAt });
    assert.equal(await store.reauthenticate(session.id, same), true, 'of the same millisecond');
    assertSame(await store.find(session.id), { ...session, methods: METHODS });
  });

  test('SessionStore: of many concurrent reauthentications the latest time wins, with its methods', async () => {
    const { store, session } = await setUp();
    const at = (racer: number) => later(session, ((racer * 7) % 30) * MINUTE);
    const answers = await race(30, (racer) =>
      store.reauthenticate(session.id, proof(session, { at: at(racer), methods: [`m${(racer * 7) % 30}`] })),
    );
    assert.ok(answers.some(Boolean));
    assertSame(await store.find(session.id), {
      ...session,
      authenticatedAt: later(session, 29 * MINUTE),
      methods: ['m29'],
    });
  });

  test('SessionStore: a concurrent rotation and reauthentication both keep their changes, in 30 duels', async () => {
    const { store, session } = await setUp();
    for (let generation = 0; generation < 30; generation++) {
      const now = later(session, generation * MINUTE);
      const expiresAt = later(session, HOUR * 2 + generation);
      const rotate = () => store.advance({ ...rotation(session), fromGeneration: generation, now, expiresAt });
      const confirm = () => store.reauthenticate(session.id, proof(session, { now, methods: [`m${generation}`] }));
      // Each of the two calls is first in half of the races.
      const first = generation % 2 === 0 ? confirm() : undefined;
      const [won, isDone] = await Promise.all([rotate(), first ?? confirm()]);
      assert.deepEqual([won?.won, isDone], [true, true]);
      assertSame(await store.find(session.id), {
        ...session,
        ...{ generation: generation + 1, rotatedAt: now, expiresAt },
        ...{ authenticatedAt: now, methods: [`m${generation}`] },
      });
    }
  });

  test('SessionStore: a reauthentication at the moment of a revocation does not bring the session back', async () => {
    const { store, session } = await setUp();
    await Promise.all([
      race(10, (racer) => store.reauthenticate(session.id, proof(session, { at: later(session, HOUR + racer) }))),
      store.revoke(session.id),
    ]);
    assert.ok((await store.find(session.id))?.revokedAt instanceof Date);
    assert.equal(await store.reauthenticate(session.id, proof(session, { at: later(session, 2 * HOUR) })), false);
  });
}
