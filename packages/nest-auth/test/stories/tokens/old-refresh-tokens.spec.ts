import { createHmac, generateKeyPairSync } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import jsonwebtoken from 'jsonwebtoken';
import { OLD_SECRET, oldAccess, oldRefreshTokens, switched } from '../../support/old-tokens.js';

let app: Awaited<ReturnType<typeof switched>>;

beforeEach(() => oldRefreshTokens.clear());
afterEach(() => app?.close());

async function boot(changes = {}) {
  app = await switched(changes);
  oldRefreshTokens.set('old-refresh', app.ada.id);
  return app.ada;
}

/** `ttl.grace` without a setting, in seconds. */
const GRACE = 60;
const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** Another last character that represents the same bytes, for 64 bytes in base64url. */
const twinOf = (character: string) => BASE64URL[BASE64URL.indexOf(character) ^ 1];

describe('an old refresh token', () => {
  test('is exchanged for a session, which refreshes on as any other', async () => {
    const { id } = await boot();
    const { body } = await app.refresh('old-refresh').expect(200);
    expect((await app.as(body.access_token).get('/mine')).body.id).toBe(id);
    await app.refresh(body.refresh_token).expect(200);
    expect(app.types()).toEqual(['old_token_exchanged', 'refreshed']);
  });

  test('gives ten racers one session, with the same refresh token', async () => {
    const { id } = await boot();
    const answers = await Promise.all(Array.from({ length: 10 }, () => app.refresh('old-refresh').expect(200)));
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    for (const { body } of answers) expect(await app.fares(body.access_token)).toEqual([200, undefined]);
    expect(await app.sessionStore.listActive(id, { now: new Date(app.clock.now), limit: 9 })).toHaveLength(2);
    expect(app.types().filter((type) => type === 'old_token_exchanged')).toHaveLength(1);
    await app.refresh(answers[0]?.body.refresh_token).expect(200);
  });

  test('gives its racers one session also if the store is slow to write it', async () => {
    const { id } = await boot();
    const { create } = app.sessionStore;
    const moments = new EventEmitter();
    const looked = once(moments, 'looked');
    const { find } = app.sessionStore;
    let coming = '';
    app.sessionStore.find = async (sessionId) => {
      const found = await find.call(app.sessionStore, sessionId);
      if (sessionId === coming && !found) moments.emit('looked');
      return found;
    };
    app.sessionStore.create = async (session) => {
      coming = session.id;
      // The second request has looked, and has found no row.
      await looked;
      return create.call(app.sessionStore, session);
    };
    const answers = await Promise.all([app.refresh('old-refresh').expect(200), app.refresh('old-refresh').expect(200)]);
    expect(answers[0]?.body.refresh_token).toBe(answers[1]?.body.refresh_token);
    expect(await app.sessionStore.listActive(id, { now: new Date(app.clock.now), limit: 9 })).toHaveLength(2);
  });

  test('gives a racer who comes after the first refresh of the session the successor', async () => {
    await boot();
    const first = (await app.refresh('old-refresh').expect(200)).body;
    const second = (await app.refresh(first.refresh_token).expect(200)).body;
    const late = (await app.refresh('old-refresh').expect(200)).body;
    expect(late.refresh_token).toBe(second.refresh_token);
    await app.refresh(second.refresh_token).expect(200);
    // The same as with the session's own first token, which it represents.
    expect((await app.refresh('old-refresh').expect(401)).body.code).toBe('refresh_token_reused');
  });

  test('that is a JWT is used up in every spelling of its signature', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const { id } = await boot({ refresh: (token: string) => jsonwebtoken.verify(token, publicKey).sub });
    const token = jsonwebtoken.sign({ sub: id }, privateKey, { algorithm: 'ES256', expiresIn: '1h' });
    // Four bits of the last character are unused.
    await app.refresh(token).expect(200);
    const other = token.slice(0, -1) + twinOf(token.at(-1) ?? '');
    expect(other).not.toBe(token);
    expect(jsonwebtoken.verify(other, publicKey).sub).toBe(id);
    await app.refresh(other).expect(401);
  });

  test('that is a JWT is used up in spellings that only a lenient check of the app accepts', async () => {
    const check = (token: string): string | null => {
      const [head, body, signature = ''] = token.split('.');
      const wanted = createHmac('sha256', OLD_SECRET).update(`${head}.${body}`).digest();
      return Buffer.from(signature, 'base64').equals(wanted)
        ? String(jsonwebtoken.decode(`${head}.${body}.`)?.sub)
        : null;
    };
    const { id } = await boot({ refresh: check });
    const token = jsonwebtoken.sign({ sub: id }, OLD_SECRET, { expiresIn: '1h' });
    await app.refresh(token).expect(200);
    for (const other of [`${token}=`, `${token}!`, `${token}.`, `${token}.again`]) {
      expect(check(other)).toBe(id);
      await app.refresh(other).expect(401);
    }
  });

  test('begins a session whose login is not recent, not even after a refresh', async () => {
    await boot();
    const first = (await app.refresh('old-refresh')).body;
    expect(await app.fares(first.access_token, '/recent')).toEqual([401, 'insufficient_user_authentication']);
    const { body } = await app.refresh(first.refresh_token);
    expect(await app.fares(body.access_token, '/recent')).toEqual([401, 'insufficient_user_authentication']);
  });

  test('that is used again later ends its session also if nobody has refreshed it yet', async () => {
    await boot();
    const { access_token } = (await app.refresh('old-refresh').expect(200)).body;
    app.clock.advance(GRACE + 1);
    expect((await app.refresh('old-refresh').expect(401)).body.code).toBe('refresh_token_reused');
    expect(await app.fares(access_token)).toEqual([401, 'token_revoked']);
  });

  test('that is used again later ends the session that its first use began', async () => {
    const { id, access } = await boot();
    const thief = (await app.refresh('old-refresh').expect(200)).body;
    const renewed = (await app.refresh(thief.refresh_token).expect(200)).body;
    app.clock.advance(GRACE + 1);
    const { body } = await app.refresh('old-refresh').expect(401);
    expect(body.code).toBe('refresh_token_reused');
    expect(await app.fares(renewed.access_token)).toEqual([401, 'token_revoked']);
    await app.refresh(renewed.refresh_token).expect(401);
    expect(app.types()).toEqual([
      'old_token_exchanged',
      'refreshed',
      'session_revoked',
      'replay_detected',
      'refresh_refused',
      'refresh_refused',
    ]);
    // Their other sessions and their old access tokens live on.
    expect(await app.fares(access)).toEqual([200, undefined]);
    expect(await app.fares(oldAccess(id))).toEqual([200, undefined]);
  });

  test('that is used again at once, as by a retry, brings the same session', async () => {
    await boot();
    const { access_token, refresh_token } = (await app.refresh('old-refresh').expect(200)).body;
    app.clock.advance(GRACE);
    expect((await app.refresh('old-refresh').expect(200)).body.refresh_token).toBe(refresh_token);
    expect(await app.fares(access_token)).toEqual([200, undefined]);
    expect(app.types()).toEqual(['old_token_exchanged', 'refresh_repeated']);
  });

  test('is refused at once for a user who is out since its first use', async () => {
    const { id } = await boot();
    await app.refresh('old-refresh').expect(200);
    app.userStore.update(id, { disabledAt: new Date(app.clock.now) });
    await app.refresh('old-refresh').expect(401);
  });

  test('that is used again after a logout tells of no thief', async () => {
    await boot();
    const { access_token } = (await app.refresh('old-refresh').expect(200)).body;
    await app.as(access_token).post('/auth/logout').expect(204);
    app.clock.advance(GRACE + 1);
    expect((await app.refresh('old-refresh').expect(401)).body.code).toBe('session_revoked');
    expect(app.types()).not.toContain('replay_detected');
  });

  test('that is used again while its session cannot be stored is 503, so nobody is logged out', async () => {
    await boot();
    app.sessionStore.create = () => Promise.reject(new Error('down'));
    await app.refresh('old-refresh').expect(503);
    const { body, headers } = await app.refresh('old-refresh').expect(503);
    expect([body.code, headers['retry-after']]).toEqual(['store_unavailable', '1']);
  });

  test('whose session could not be stored begins one the next time, and a later use ends that', async () => {
    await boot();
    const { create } = app.sessionStore;
    app.sessionStore.create = () => Promise.reject(new Error('down'));
    await app.refresh('old-refresh').expect(503);
    app.sessionStore.create = create;
    app.clock.advance(GRACE + 1);
    const { access_token } = (await app.refresh('old-refresh').expect(200)).body;
    app.clock.advance(GRACE + 1);
    expect((await app.refresh('old-refresh').expect(401)).body.code).toBe('refresh_token_reused');
    expect(await app.fares(access_token)).toEqual([401, 'token_revoked']);
  });

  test('whose session was stored by a call that failed has one session after the next use', async () => {
    await boot();
    const { create } = app.sessionStore;
    let id = '';
    app.sessionStore.create = async (session) => {
      id = session.id;
      await create.call(app.sessionStore, session);
      throw new Error('the answer was lost');
    };
    await app.refresh('old-refresh').expect(503);
    app.sessionStore.create = create;
    await app.refresh('old-refresh').expect(200);
    expect((await app.sessionStore.find(id))?.revokedAt).toBeInstanceOf(Date);
  });

  test('that was used by a process which died before it stored a session begins none', async () => {
    await boot();
    const { create } = app.sessionStore;
    app.sessionStore.create = () => Promise.reject(new Error('down'));
    app.ephemeralStore.take = () => Promise.reject(new Error('down'));
    await app.refresh('old-refresh').expect(503);
    app.sessionStore.create = create;
    app.clock.advance(GRACE + 1);
    expect((await app.refresh('old-refresh').expect(401)).body.code).toBe('session_revoked');
  });

  test('begins no session after a logout with it, also if its first exchange fails during the logout', async () => {
    await boot();
    const { create } = app.sessionStore;
    app.sessionStore.create = async () => {
      await app.http.post('/auth/logout').send({ refresh_token: 'old-refresh' }).expect(204);
      throw new Error('down');
    };
    await app.refresh('old-refresh').expect(503);
    app.sessionStore.create = create;
    app.clock.advance(24 * 3600);
    expect((await app.refresh('old-refresh').expect(401)).body.code).toBe('session_revoked');
  });

  test('ends the session that it began at a logout with it', async () => {
    await boot();
    const { access_token } = (await app.refresh('old-refresh').expect(200)).body;
    await app.http.post('/auth/logout').send({ refresh_token: 'old-refresh' }).expect(204);
    expect(await app.fares(access_token)).toEqual([401, 'token_revoked']);
    expect(app.types()).toEqual(['old_token_exchanged', 'session_revoked', 'logged_out']);
  });

  test('that the app does not know is refused like any invalid token', async () => {
    await boot();
    const { body } = await app.refresh('unknown').expect(401);
    expect(body.code).toBe('invalid_refresh_token');
    expect(app.types()).toEqual(['refresh_refused']);
  });

  test.each(['disabled', 'deleted', 'logged out everywhere', 'over'])('is refused: the user is %s', async (what) => {
    const { id, access } = await boot();
    if (what === 'deleted') app.userStore.delete(id);
    if (what === 'disabled') app.userStore.update(id, { disabledAt: new Date(app.clock.now) });
    if (what === 'logged out everywhere') await app.as(access).post('/auth/logout-all').expect(204);
    if (what === 'over') app.clock.advance(32 * 24 * 3600);
    await app.refresh('old-refresh').expect(401);
  });

  test('gives no session that outlives a logout everywhere at the same moment', async () => {
    const { id, access } = await boot();
    const { create } = app.sessionStore;
    app.sessionStore.create = async (session) => {
      app.sessionStore.create = create;
      await app.as(access).post('/auth/logout-all').expect(204);
      return create.call(app.sessionStore, session);
    };
    const { body } = await app.refresh('old-refresh').expect(401);
    expect(body.code).toBe('session_revoked');
    expect(await app.sessionStore.listActive(id, { now: new Date(app.clock.now), limit: 9 })).toEqual([]);
  });

  test.each([
    ['noted', 'invalid_refresh_token'],
    ['stored', 'session_revoked'],
  ])('gives no session if a logout comes before the session is %s: %s', async (when, code) => {
    const { id } = await boot();
    const { ephemeralStore: notes, sessionStore: sessions } = app;
    const [note, create] = [notes.putIfAbsent.bind(notes), sessions.create.bind(sessions)];
    let logouts = 0;
    const logOut = async () => {
      logouts++;
      await app.http.post('/auth/logout').send({ refresh_token: 'old-refresh' }).expect(204);
    };
    notes.putIfAbsent = async (...entry) => {
      if (when === 'noted' && entry[1].includes('sessionId')) await logOut();
      return note(...entry);
    };
    sessions.create = async (session) => {
      if (when === 'stored') await logOut();
      return create(session);
    };
    const { body } = await app.refresh('old-refresh').expect(401);
    expect([body.code, logouts]).toEqual([code, 1]);
    // This is the session of the registration.
    expect(await sessions.listActive(id, { now: new Date(app.clock.now), limit: 9 })).toHaveLength(1);
  });

  test('gives no session that outlives a logout with it at the same moment', async () => {
    await boot();
    const { ephemeralStore: notes, sessionStore: sessions } = app;
    const [put, create] = [notes.put.bind(notes), sessions.create.bind(sessions)];
    const moments = new EventEmitter();
    const [looked, exchanged] = [once(moments, 'looked'), once(moments, 'exchanged')];
    let logout: Promise<unknown> = Promise.resolve();
    notes.put = async (...note) => {
      if (note[0].endsWith(':ended')) {
        moments.emit('looked');
        await exchanged;
      }
      return put(...note);
    };
    sessions.create = async (session) => {
      logout = app.http.post('/auth/logout').send({ refresh_token: 'old-refresh' }).expect(204).then();
      await looked;
      return create(session);
    };
    const { access_token } = (await app.refresh('old-refresh').expect(200)).body;
    moments.emit('exchanged');
    await logout;
    expect(await app.fares(access_token)).toEqual([401, 'token_revoked']);
  });

  test('is worth nothing after a logout with it', async () => {
    await boot();
    await app.http.post('/auth/logout').send({ refresh_token: 'old-refresh' }).expect(204);
    await app.refresh('old-refresh').expect(401);
  });

  test('answers 503 if the app cannot check it, and works afterwards', async () => {
    let isDown = true;
    await boot({
      refresh: async (token: string) => {
        if (isDown) throw new Error('the password of the database');
        return oldRefreshTokens.get(token);
      },
    });
    const { body, text } = await app.refresh('old-refresh').expect(503);
    expect([body.code, text.includes('password')]).toEqual(['store_unavailable', false]);
    isDown = false;
    await app.refresh('old-refresh').expect(200);
  });

  test('answers 503 as well if the check of the app throws', async () => {
    await boot({ refresh: (token: string) => jsonwebtoken.verify(token, OLD_SECRET).sub });
    expect((await app.refresh('no JWT').expect(503)).body.code).toBe('store_unavailable');
  });

  test('check is not called for a token of the library', async () => {
    const asked: string[] = [];
    const { refresh } = await boot({
      refresh: (token: string) => {
        asked.push(token);
        return null;
      },
    });
    await app.refresh(refresh).expect(200);
    await app.refresh(`${refresh.slice(0, -1)}${refresh.endsWith('A') ? 'B' : 'A'}`).expect(401);
    expect(asked).toEqual([]);
  });

  test('does not work without a check', async () => {
    await boot({ refresh: undefined });
    await app.refresh('old-refresh').expect(401);
  });
});
