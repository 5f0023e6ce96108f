import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AuthError, SessionService } from '@acme/nest-auth';
import { afterEach, describe, expect, test } from '@jest/globals';
import { logIn, PASSWORD, SECRETS } from '../../support/app.js';
import {
  HOUR,
  NOW,
  OLD_ACCESS,
  OLD_SECRET,
  type OldTokensOptions,
  oldAccess,
  oldRefreshTokens,
  switched,
} from '../../support/old-tokens.js';
import { spyOn } from '../../support/spies.js';

const GUIDE = new URL('../../../../../docs/guides/old-tokens.md', import.meta.url);

let app: Awaited<ReturnType<typeof switched>>;

afterEach(() => app.close());

async function boot(changes: Partial<OldTokensOptions> = {}) {
  app = await switched(changes);
  return app.ada;
}

describe('an old access token', () => {
  test('opens what it opened, with the roles that the store has now', async () => {
    const { id } = await boot();
    app.userStore.update(id, { roles: ['editor'], permissions: ['read'] });
    const { body } = await app.as(oldAccess(id)).get('/mine').expect(200);
    expect(body).toMatchObject({ id, roles: ['editor'], permissions: ['read'], methods: [], authenticatedAt: 0 });
    expect(await app.fares(oldAccess(id), '/editors')).toEqual([200, undefined]);
    app.userStore.update(id, { roles: ['admin'] });
    expect(await app.fares(oldAccess(id), '/editors')).toEqual([403, 'insufficient_scope']);
  });

  test('gives its user the claims that a new token would have', async () => {
    app = await switched({}, { claims: ({ login }) => ({ username: login }) });
    const { body } = await app.as(oldAccess(app.ada.id, { username: 'somebody else' })).get('/mine');
    expect(body.claims).toEqual({ username: app.ada.email });
  });

  test('names its user by any claim, an id or a login in any spelling', async () => {
    const { email, id } = await boot({
      access: {
        key: OLD_SECRET,
        alg: 'HS256',
        user: ({ mail, type }) => (type === 'refresh' ? null : { login: String(mail) }),
      },
    });
    const claims = { mail: ` ${email.toUpperCase()}` };
    expect((await app.as(oldAccess('any', claims)).get('/mine')).body.id).toBe(id);
    expect(await app.fares(oldAccess('any', { ...claims, type: 'refresh' }))).toEqual([401, 'invalid_token']);
  });

  test('is distinguished from an old refresh token with the same key by the function of the guide', async () => {
    const [found] = /user: \(\{ sub, type \}\)[^`]*(?=`)/.exec(await readFile(GUIDE, 'utf8')) ?? [];
    const { id } = await boot({
      access: { ...OLD_ACCESS, user: ({ sub, type }) => (type === 'refresh' ? null : sub) },
    });
    expect(found).toBe("user: ({ sub, type }) => (type === 'refresh' ? null : sub)");
    expect(await app.fares(oldAccess(id))).toEqual([200, undefined]);
    expect(await app.fares(oldAccess(id, { type: 'refresh' }))).toEqual([401, 'invalid_token']);
  });

  test.each([[null], [true], [['1']], [{ id: '1' }]])('with sub %j is refused: `user` is not called', async (sub) => {
    const asked: unknown[] = [];
    const { id } = await boot({
      access: {
        ...OLD_ACCESS,
        user: (claims) => {
          asked.push(claims.sub);
          return id;
        },
      },
    });
    expect(await app.fares(oldAccess(sub))).toEqual([401, 'invalid_token']);
    expect(asked).toEqual([]);
    expect(await app.fares(oldAccess(undefined))).toEqual([200, undefined]);
    expect(asked).toEqual([undefined]);
  });

  test('may have a number as its user', async () => {
    const { id } = await boot();
    const { findById } = app.userStore;
    app.userStore.findById = async (asked) => {
      const row = await findById.call(app.userStore, id);
      return asked === '42' && row ? { ...row, id: '42' } : null;
    };
    expect((await app.as(oldAccess(42)).get('/mine')).body.id).toBe('42');
    expect(await app.fares(oldAccess({ not: 'an id' }))).toEqual([401, 'invalid_token']);
  });

  test('is refused after it has expired: token_expired', async () => {
    const { id } = await boot();
    app.clock.advance(HOUR);
    expect(await app.fares(oldAccess(id))).toEqual([401, 'token_expired']);
  });

  test.each(['disabled', 'deleted'])('of a user who is %s is refused', async (what) => {
    const { id } = await boot();
    if (what === 'deleted') app.userStore.delete(id);
    else app.userStore.update(id, { disabledAt: new Date(app.clock.now) });
    expect(await app.fares(oldAccess(id))).toEqual([401, 'token_revoked']);
  });

  test('never counts as a recent login, however old a login may be, and cannot become one', async () => {
    const { id, access } = await boot();
    expect(await app.fares(access, '/recent')).toEqual([200, undefined]);
    expect(await app.fares(oldAccess(id), '/recent')).toEqual([401, 'insufficient_user_authentication']);
    const { body } = await app.as(oldAccess(id)).post('/auth/confirm').send({ password: PASSWORD }).expect(401);
    expect(body.code).toBe('token_revoked');
  });

  test('is refused after `until`', async () => {
    const { id } = await boot({ until: new Date((NOW + 60) * 1000) });
    expect(await app.fares(oldAccess(id))).toEqual([200, undefined]);
    app.clock.advance(60);
    expect(await app.fares(oldAccess(id))).toEqual([401, 'invalid_token']);
  });

  test('answers 503 while the stores are down, never 401', async () => {
    const { id } = await boot();
    spyOn(app.sessionStore, () => Promise.reject(new Error('down')));
    expect(await app.fares(oldAccess(id))).toEqual([503, 'store_unavailable']);
  });
});

describe('nobody gets in by', () => {
  const forged = (id: string) => ({
    'another secret': oldAccess(id, {}, {}, 'another secret of the same length'),
    'the algorithm none': oldAccess(id, {}, { algorithm: 'none' }, ''),
    'another algorithm with the same secret': oldAccess(id, {}, { algorithm: 'HS512' }),
    'a token of the form of ours under the old secret': oldAccess(
      id,
      { sid: 's', jti: 'j' },
      {
        header: { alg: 'HS256', typ: 'at+jwt' },
      },
    ),
    'a token of ours under the old secret with our kid': oldAccess(
      id,
      { sid: 's', jti: 'j' },
      {
        header: { alg: 'HS256', typ: 'at+jwt', kid: 'k' },
      },
    ),
    'a token without a user': oldAccess(undefined),
    'no token at all': 'x',
  });

  test.each(Object.keys(forged('1')))('%s', async (what) => {
    const { id } = await boot();
    const tokens: Record<string, string> = forged(id);
    expect(await app.fares(tokens[what] ?? '')).toEqual([401, 'invalid_token']);
  });

  test('the public key as a secret (algorithm confusion)', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const { id } = await boot({ access: { ...OLD_ACCESS, key: pem, alg: 'RS256' } });
    const genuine = oldAccess(id, {}, { algorithm: 'RS256' }, privateKey);
    expect(await app.fares(genuine)).toEqual([200, undefined]);
    // jsonwebtoken itself refuses to sign this way.
    const [header, payload] = [
      { alg: 'HS256', typ: 'JWT' },
      { sub: id, exp: NOW + HOUR },
    ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    const { createHmac } = await import('node:crypto');
    const mac = createHmac('sha256', pem).update(`${header}.${payload}`).digest('base64url');
    expect(await app.fares(`${header}.${payload}.${mac}`)).toEqual([401, 'invalid_token']);
  });

  test('a token for another issuer or another audience', async () => {
    const { id } = await boot({ access: { ...OLD_ACCESS, issuer: 'old', audience: 'api' } });
    expect(await app.fares(oldAccess(id, { iss: 'old', aud: 'api' }))).toEqual([200, undefined]);
    expect(await app.fares(oldAccess(id, { iss: 'new', aud: 'api' }))).toEqual([401, 'invalid_token']);
    expect(await app.fares(oldAccess(id, { iss: 'old', aud: 'shop' }))).toEqual([401, 'invalid_token']);
    expect(await app.fares(oldAccess(id))).toEqual([401, 'invalid_token']);
  });

  test('a new token that has run out or was revoked, though both secrets are the same', async () => {
    const { access, email } = await boot({ access: { ...OLD_ACCESS, key: SECRETS.access } });
    const other = await logIn(app, email);
    await app.as(other.access).post('/auth/logout').expect(204);
    expect(await app.fares(other.access)).toEqual([401, 'token_revoked']);
    app.clock.advance(HOUR);
    expect(await app.fares(access)).toEqual([401, 'token_expired']);
  });
});

describe('the old access tokens of a user end', () => {
  test('with a logout by one of them, and nobody else’s', async () => {
    const { id } = await boot();
    const bob = await app.userStore.create({ login: 'bob@example.org', passwordHash: null, roles: [], profile: {} });
    await app.as(oldAccess(id)).post('/auth/logout').expect(204);
    expect(await app.fares(oldAccess(id))).toEqual([401, 'token_revoked']);
    expect(await app.fares(oldAccess(id, { again: true }))).toEqual([401, 'token_revoked']);
    expect(await app.fares(oldAccess(bob.id))).toEqual([200, undefined]);
    expect(await app.fares(app.ada.access)).toEqual([200, undefined]);
    expect(app.types()).toEqual(['session_revoked', 'logged_out']);
  });

  test('not with a logout of a new session', async () => {
    const { id, access } = await boot();
    await app.as(access).post('/auth/logout').expect(204);
    expect(await app.fares(oldAccess(id))).toEqual([200, undefined]);
  });

  test.each(['a new session', 'an old token'])('with a logout everywhere by %s, used before or not', async (by) => {
    const { id, access } = await boot();
    await app
      .as(by === 'an old token' ? oldAccess(id) : access)
      .post('/auth/logout-all')
      .expect(204);
    expect(await app.fares(oldAccess(id))).toEqual([401, 'token_revoked']);
    expect(await app.fares(access)).toEqual([401, 'token_revoked']);
  });

  test('with `revokeAll`, for good: later logins and logouts bring none back', async () => {
    const { id, email } = await boot();
    await app.app.get(SessionService).revokeAll(id);
    const { access } = await logIn(app, email);
    await app.as(access).post('/auth/logout-all').expect(204);
    await logIn(app, email);
    await app.app.get(SessionService).deleteExpired();
    expect(await app.fares(oldAccess(id))).toEqual([401, 'token_revoked']);
  });

  test.each(['an old token', 'a new session'])(
    'with a new password that is chosen by %s: a thief has one, too',
    async (by) => {
      const { id, access } = await boot();
      oldRefreshTokens.set('stolen', id);
      const change = { current_password: PASSWORD, new_password: 'quite another passphrase' };
      await app
        .as(by === 'an old token' ? oldAccess(id) : access)
        .post('/auth/password')
        .send(change)
        .expect(204);
      expect(await app.fares(oldAccess(id))).toEqual([401, 'token_revoked']);
      await app.refresh('stolen').expect(401);
    },
  );

  test('or the logout is refused: 503 if that cannot be stored', async () => {
    const { id, access } = await boot();
    const { create } = app.sessionStore;
    app.sessionStore.create = () => Promise.reject(new Error('down'));
    await app.as(access).post('/auth/logout-all').expect(503);
    expect(await app.fares(access)).toEqual([200, undefined]);
    app.sessionStore.create = create;
    await app.as(access).post('/auth/logout-all').expect(204);
    expect(await app.fares(oldAccess(id))).toEqual([401, 'token_revoked']);
  });
});

test('a new token never meets the check of old ones, and costs no store a call', async () => {
  let asked = 0;
  const { access } = await boot({
    access: {
      key: OLD_SECRET,
      alg: 'HS256',
      user: () => {
        asked++;
        throw new AuthError('invalid_token');
      },
    },
  });
  const calls: string[] = [];
  spyOn(app.userStore, (method) => calls.push(method));
  spyOn(app.sessionStore, (method) => method !== 'revokedSince' && calls.push(method));
  for (let n = 0; n < 3; n++) expect(await app.fares(access)).toEqual([200, undefined]);
  expect([asked, calls]).toEqual([0, []]);
});
