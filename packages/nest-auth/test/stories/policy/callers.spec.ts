import {
  AuthService,
  memoryStores,
  normaliseLogin,
  OneTimeTokens,
  OptionalAuth,
  SessionService,
  TokenService,
  TokenVerifier,
} from '@acme/nest-auth';
import { actAs } from '@acme/nest-auth/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { spyOn } from '../../support/spies.js';
import { TRANSPORT } from '../../support/transports.js';

const HOSTILE = [undefined, null, 5, 10n, true, {}, [], ['nar_x'], { toString: () => 'x' }, () => 'x', Symbol('x')];
const ID = '00000000-0000-4000-8000-000000000000';

@Controller('notes')
class NotesController {
  @Get()
  list() {
    return [];
  }
  @OptionalAuth()
  @Get('optional')
  optional() {
    return [];
  }
}

@Controller('passport')
class PassportController {
  @UseGuards(AuthGuard('jwt'))
  @OptionalAuth()
  @Get()
  list() {
    return [];
  }
}

let app: TestApp;
const calls: string[] = [];
const hasher = new FakeHasher();
beforeAll(async () => {
  const stores = memoryStores();
  // The library also asks for revocations, independently of the calls.
  const seen = (method: string) => (method === 'revokedSince' ? undefined : calls.push(method));
  for (const store of Object.values(stores)) spyOn(store, seen);
  app = await startApp({
    options: { ...stores, password: { hasher } },
    controllers: [NotesController, PassportController],
  });
});
afterAll(() => app.close());
beforeEach(() => {
  calls.length = 0;
  hasher.hashed = 0;
  hasher.verified = 0;
});

describe('a service that is called with wrong arguments refuses them and asks no store', () => {
  const auth = () => app.app.get(AuthService) as unknown as Record<string, (...args: unknown[]) => unknown>;
  const sessions = () => app.app.get(SessionService) as unknown as Record<string, (...args: unknown[]) => unknown>;
  const oneTime = () => app.app.get(OneTimeTokens) as unknown as Record<string, (...args: unknown[]) => unknown>;
  const tokens = () => app.app.get(TokenService) as unknown as Record<string, (...args: unknown[]) => unknown>;
  const caller = { id: ID, sessionId: ID, roles: [], permissions: [], claims: {} };
  const user = { id: ID, login: 'a@example.org', passwordHash: null, roles: [] };

  const CALLS: [string, (value: unknown) => unknown][] = [
    ['register', (value) => auth().register!(value)],
    ['register login', (value) => auth().register!({ login: value, password: PASSWORD })],
    ['register password', (value) => auth().register!({ login: 'a@example.org', password: value })],
    ['login', (value) => auth().login!(value)],
    ['login login', (value) => auth().login!({ login: value, password: PASSWORD })],
    ['login password', (value) => auth().login!({ login: 'a@example.org', password: value })],
    ['logout', (value) => auth().logout!(value)],
    ['logout id', (value) => auth().logout!({ ...caller, id: value })],
    ['logout sessionId', (value) => auth().logout!({ ...caller, sessionId: value })],
    ['logoutAll', (value) => auth().logoutAll!(value)],
    ['logoutAll id', (value) => auth().logoutAll!({ ...caller, id: value })],
    ['user', (value) => auth().user!(value)],
    ['user id', (value) => auth().user!({ ...caller, id: value })],
    ['changePassword caller', (value) => auth().changePassword!(value, PASSWORD, 'another passphrase')],
    ['changePassword current', (value) => auth().changePassword!(caller, value, 'another passphrase')],
    ['changePassword chosen', (value) => auth().changePassword!(caller, PASSWORD, value)],
    ['confirm caller', (value) => auth().confirm!(value, { methods: ['pwd'] })],
    ['confirm session', (value) => auth().confirm!({ ...caller, sessionId: value }, { methods: ['pwd'] })],
    ['confirm caller id', (value) => auth().confirm!({ ...caller, id: value }, { methods: ['pwd'] })],
    ['confirmByPassword caller', (value) => auth().confirmByPassword!(value, PASSWORD)],
    ['confirmByPassword password', (value) => auth().confirmByPassword!(caller, value)],
    ['reauthenticate session', (value) => sessions().reauthenticate!(user, value, ['pwd'])],
    ['isLive', (value) => sessions().isLive!(value)],
    ['list', (value) => sessions().list!(value)],
    ['revoke user', (value) => sessions().revoke!(value, ID)],
    ['revoke session', (value) => sessions().revoke!(ID, value)],
    ['revokeAll', (value) => sessions().revokeAll!(value)],
    ['end user', (value) => sessions().end!(value, ID, 'ended')],
    ['end session', (value) => sessions().end!(ID, value, 'ended')],
    ['one-time issue purpose', (value) => oneTime().issue!(value, 'subject', 60)],
    ['one-time issue subject', (value) => oneTime().issue!('purpose', value, 60)],
    ['one-time consume purpose', (value) => oneTime().consume!(value, 'A'.repeat(43))],
    ['token issue session', (value) => tokens().issue!(user, value)],
    ['normaliseLogin', async (value) => normaliseLogin(value as string)],
    ['actAs', (value) => actAs(app.app, value as never)],
    ['actAs id', (value) => actAs(app.app, { id: value as string })],
  ];

  const CALLS_WITH_A_USER: typeof CALLS = [
    ['admit', (value) => auth().admit!(value)],
    ['tokensOf', (value) => auth().tokensOf!({ user: value, sessionId: ID })],
    ['start', (value) => sessions().start!(value, { ip: null, userAgent: null })],
    ['reauthenticate', (value) => sessions().reauthenticate!(value, ID, ['pwd'])],
    ['token issue', (value) => tokens().issue!(value, ID)],
  ];

  test.each(CALLS_WITH_A_USER)('a service refuses an invalid user as a mistake of the app: %s', async (_, call) => {
    for (const value of HOSTILE) {
      await expect(Promise.resolve(call(value))).rejects.toMatchObject({ name: 'AuthError', code: 'contract_broken' });
    }
    expect(calls).toEqual([]);
  });

  test.each(CALLS)('%s', async (_, call) => {
    for (const value of HOSTILE) {
      await expect(Promise.resolve(call(value))).rejects.toMatchObject({ name: 'AuthError', code: 'invalid_request' });
    }
    expect(calls).toEqual([]);
    expect(hasher.calls).toBe(0);
  });

  test('a service refuses a device, a list or a lifetime of the wrong type', async () => {
    const refused: (() => unknown)[] = [
      () => auth().login!({ login: 'a@example.org', password: PASSWORD }, null),
      () => auth().admit!(user, null),
      () => auth().tokensOf!(null),
      () => auth().admit!(user, undefined, 'pin'),
      () => auth().admit!(user, undefined, { passed: 'pin' }),
      () => auth().register!({ login: 'a@example.org', password: PASSWORD, profile: 'x' }),
      ...['pwd', [], ['PWD'], [1], undefined].map((methods) => () => auth().confirm!(caller, { methods })),
      () => auth().confirm!(caller, null),
      () => sessions().reauthenticate!(user, ID, 'pwd'),
      () => sessions().start!(user, undefined),
      () => sessions().revokeAll!(ID, 5),
      () => oneTime().issue!('purpose', 'subject', Number.NaN),
      () => oneTime().issue!('purpose', 'subject', '60'),
      () => actAs(app.app, { id: '1', roles: 'admin' as never }),
    ];
    for (const call of refused) {
      await expect(Promise.resolve(call())).rejects.toMatchObject({ code: 'invalid_request' });
    }
    expect(calls).toEqual([]);
  });

  test('a value that is not a string is an invalid token', async () => {
    for (const value of [...HOSTILE, '', ['a.b.c']]) {
      await expect(Promise.resolve(tokens().verify!(value))).rejects.toMatchObject({ code: 'invalid_token' });
      await expect(app.app.get(TokenVerifier).verify(value as string)).rejects.toMatchObject({ code: 'invalid_token' });
      await expect(auth().refresh!(value)).rejects.toMatchObject({ code: 'invalid_refresh_token' });
      expect(await oneTime().consume!('purpose', value)).toBeNull();
    }
    const { refresh } = await signUp(app);
    await expect(auth().refresh!([refresh])).rejects.toMatchObject({ code: 'invalid_refresh_token' });
    const token = await app.app.get(OneTimeTokens).issue('purpose', 'subject', 60);
    expect(await oneTime().consume!('purpose', [token])).toBeNull();
    expect(await oneTime().consume!('purpose', token)).toBe('subject');
  });
});

test('a login that NFKC makes too long is refused before any hash, and names its field', async () => {
  const long = `${'ﷺ'.repeat(70)}@example.org`;
  expect([long.length <= 251, long.normalize('NFKC').length > 1200]).toEqual([true, true]);
  for (const path of ['login', 'register']) {
    const answer = await app.http.post(`/auth/${path}`).send({ email: long, password: PASSWORD }).expect(400);
    expect(answer.body).toMatchObject({ code: 'invalid_request', message: 'The login is too long.', field: 'email' });
  }
  expect(calls).toEqual([]);
  expect(hasher.calls).toBe(0);
  expect(normaliseLogin('x'.repeat(254))).toHaveLength(254);
});

test('a refusal names the field at fault, if there is one', async () => {
  const fieldOf = async (path: string, body: object) => (await app.http.post(path).send(body).expect(400)).body.field;
  expect(await fieldOf('/auth/login', { password: PASSWORD })).toBe('email');
  expect(await fieldOf('/auth/login', { email: 'a@example.org', password: 5 })).toBe('password');
  // By cookie, no field is missing.
  if (TRANSPORT === 'bearer') expect(await fieldOf('/auth/refresh', {})).toBe('refresh_token');
  expect(await fieldOf('/auth/register', { email: 'no address', password: PASSWORD })).toBe('email');
  expect(await fieldOf('/auth/login', [])).toBeUndefined();
});

describe('a body that is not there', () => {
  const NOT_PARSED = /No JSON body was read.*bodyParser: false/;

  test('a body of the wrong type is not reported as missing', async () => {
    const list = await app.http.post('/auth/login').send([]).expect(400);
    expect(list.body.message).toBe('The body must be a JSON object.');
    const text = await app.http.post('/auth/login').type('text/plain').send('x').expect(400);
    expect(text.body.message).toMatch(/sent as application\/json/);
  });

  test.each(['login', 'register', 'refresh'])(
    'a body that is missing because the app has no parser is 400 and says so: %s',
    async (route) => {
      // Fastify parses JSON itself, whatever the setting of Nest is.
      if (process.env.HTTP === 'fastify') return expect(route).toBeDefined();
      const bare = await startApp({ options: { password: { hasher } }, create: { bodyParser: false } });
      const body = { email: 'a@example.org', password: PASSWORD, refresh_token: 'nar_x' };
      const answer = await bare.http.post(`/auth/${route}`).send(body).expect(400);
      expect(answer.body).toMatchObject({ code: 'invalid_request', message: expect.stringMatching(NOT_PARSED) });
      await bare.close();
    },
  );
});

describe('a token without "Bearer"', () => {
  const MESSAGE = 'The Authorization header does not begin with "Bearer "; write it before the access token.';

  test.each(['/notes', '/passport'])(
    'a token without "Bearer" is 401 and says so, with the challenge of RFC 6750: %s',
    async (path) => {
      const { access } = await signUp(app);
      for (const header of [access, `Token ${access}`, `Bearer${access}`, 'Basic YTpi']) {
        const answer = await app.http.get(path).set('Authorization', header);
        if (path === '/notes') {
          expect([answer.status, answer.body.code, answer.body.message]).toEqual([401, 'missing_token', MESSAGE]);
          expect(answer.headers['www-authenticate']).toBe('Bearer realm="api"');
        } else expect(answer.status).toBe(401);
        expect(answer.text).not.toContain(access.slice(0, 20));
      }
      await app.as(access).get(path).expect(200);
    },
  );

  test('a missing header is reported as a missing token, and an optional route lets the caller in', async () => {
    expect((await app.http.get('/notes').expect(401)).body.message).toBe('No access token was sent.');
    await app.http.get('/notes/optional').set('Authorization', 'Basic YTpi').expect(200);
  });
});
