import { createHmac } from 'node:crypto';
import { type AuthOptions, memoryStores } from '@acme/nest-auth';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { bearer, PASSWORD, SECRETS, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { TRANSPORT } from '../../support/transports.js';

@Controller()
class NotesController {
  @Get('notes')
  list() {
    return [];
  }
}

type Device = Awaited<ReturnType<typeof signUp>>;

/** Calls that the clock causes, not the request. */
const IN_THE_BACKGROUND: readonly PropertyKey[] = ['revokedSince', 'deleteExpired'];

let app: TestApp;
let hasher: FakeHasher;
let device: Device;
const calls: string[] = [];

/** Only the library's calls: calls between a store's own methods do not count. */
function counted<T extends object>(store: T, name: string): T {
  return new Proxy(store, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        if (!IN_THE_BACKGROUND.includes(key)) calls.push(`${name}.${String(key)}`);
        return member.apply(target, args);
      };
    },
  });
}

async function start(options: Partial<AuthOptions> = {}): Promise<void> {
  const stores = Object.entries(memoryStores()).map(([name, store]) => [name, counted(store, name)]);
  hasher = new FakeHasher();
  app = await startApp({
    controllers: [NotesController],
    options: { ...Object.fromEntries(stores), password: { hasher }, ...options },
  });
  device = await signUp(app);
}

beforeEach(() => start());
afterEach(() => app.close());

const post = (path: string, body: object = {}) => app.http.post(`/auth/${path}`).send(body);
const withToken = (request: ReturnType<typeof post>) => request.set(...bearer(device.access));
const refresh = (refresh_token = device.refresh) => post('refresh', { refresh_token });
const notes = (token = device.access) => app.as(token).get('/notes');
const logIn = (email: string, password = PASSWORD) => post('login', { email, password });

/** A token of the right length and form, sealed with a key that is not the app's. */
function forgedRefreshToken(): string {
  const body = Buffer.from(device.refresh.slice(4), 'base64url').subarray(0, 52);
  const mac = createHmac('sha256', 'guessed').update(body).digest();
  return `nar_${Buffer.concat([body, mac]).toString('base64url')}`;
}

function forgedAccessToken(): string {
  const [header, payload] = device.access.split('.');
  const mac = createHmac('sha256', SECRETS.refresh).update(`${header}.${payload}`).digest('base64url');
  return `${header}.${payload}.${mac}`;
}

interface Cost {
  readonly status: number;
  readonly hashes?: number;
  readonly calls?: readonly string[];
}

/** The costs of a request: the calls to the stores in their order, and the number of hashed passwords. */
const COSTS: readonly (readonly [string, () => PromiseLike<{ readonly status: number }>, Cost])[] = [
  [
    'a registration',
    () => post('register', { email: 'ann@example.org', password: PASSWORD }),
    {
      status: 201,
      hashes: 1,
      calls: ['userStore.create', 'sessionStore.create', 'sessionStore.listActive', 'userStore.findById'],
    },
  ],
  [
    'a login',
    () => logIn(device.email),
    {
      status: 200,
      hashes: 1,
      calls: ['userStore.findByLogin', 'sessionStore.create', 'sessionStore.listActive', 'userStore.findById'],
    },
  ],
  [
    'a login with a wrong password',
    () => logIn(device.email, 'not the right passphrase'),
    { status: 401, hashes: 1, calls: ['userStore.findByLogin'] },
  ],
  [
    'a login of nobody: as much work as a wrong password',
    () => logIn('nobody@example.org'),
    { status: 401, hashes: 1, calls: ['userStore.findByLogin'] },
  ],
  ['a refresh', () => refresh(), { status: 200, calls: ['sessionStore.advance', 'userStore.findById'] }],
  ['a forged refresh', () => refresh(forgedRefreshToken()), { status: 401 }],
  ['a refresh without a token', () => post('refresh'), { status: TRANSPORT === 'bearer' ? 400 : 401 }],
  ['the first GET with a token', () => notes(), { status: 200 }],
  ['a GET with a forged token', () => notes(forgedAccessToken()), { status: 401 }],
  ['GET /auth/me', () => app.as(device.access).get('/auth/me'), { status: 200, calls: ['userStore.findById'] }],
  [
    'GET /auth/sessions',
    () => app.as(device.access).get('/auth/sessions'),
    { status: 200, calls: ['sessionStore.listActive'] },
  ],
  ['a logout', () => withToken(post('logout')), { status: 204, calls: ['sessionStore.revoke'] }],
  ['a logout everywhere', () => withToken(post('logout-all')), { status: 204, calls: ['sessionStore.revokeAll'] }],
  [
    'a confirmation',
    () => withToken(post('confirm', { password: PASSWORD })),
    {
      status: 200,
      hashes: 1,
      calls: ['userStore.findById', 'sessionStore.find', 'sessionStore.reauthenticate'],
    },
  ],
  [
    'a password change',
    () => withToken(post('password', { current_password: PASSWORD, new_password: 'another fine passphrase' })),
    {
      status: 204,
      hashes: 2,
      calls: ['userStore.findById', 'sessionStore.revokeAll', 'userStore.setPasswordHash', 'sessionStore.revokeAll'],
    },
  ],
];

async function costOf(send: () => PromiseLike<{ readonly status: number }>): Promise<Cost> {
  const before = hasher.calls;
  calls.length = 0;
  const { status } = await send();
  return { status, hashes: hasher.calls - before, calls: [...calls] };
}

test.each(COSTS)('%s', async (_, send, cost) => {
  expect(await costOf(send)).toEqual({ hashes: 0, calls: [], ...cost });
});

test('a warm GET asks no store', async () => {
  await notes();
  expect(await costOf(() => notes())).toEqual({ status: 200, hashes: 0, calls: [] });
});

test('a refresh that lost its race: the same two questions as one that won', async () => {
  await refresh();
  expect(await costOf(() => refresh())).toEqual({
    status: 200,
    hashes: 0,
    calls: ['sessionStore.advance', 'userStore.findById'],
  });
});

test('a replay: one more, which ends the family', async () => {
  const { body } = await refresh();
  await refresh(body.refresh_token);
  expect(await costOf(() => refresh())).toEqual({
    status: 401,
    hashes: 0,
    calls: ['sessionStore.advance', 'sessionStore.revoke'],
  });
});

test('a login beyond `sessions.max`: one more, which ends the oldest', async () => {
  await app.close();
  await start({ sessions: { max: 1 } });
  // The newest of one instant would be found by chance.
  app.clock.advance(1);
  expect((await costOf(() => logIn(device.email))).calls).toEqual([
    'userStore.findByLogin',
    'sessionStore.create',
    'sessionStore.listActive',
    'sessionStore.revokeAll',
    'userStore.findById',
  ]);
});

test("with `sessions.whenFull: 'refuse'` a refused login asks once and writes nothing", async () => {
  await app.close();
  await start({ sessions: { max: 1, whenFull: 'refuse' } });
  expect(await costOf(() => logIn(device.email))).toEqual({
    status: 409,
    hashes: 1,
    calls: ['userStore.findByLogin', 'sessionStore.listActive'],
  });
});

test("with `revocation: 'strict'` a warm GET asks once", async () => {
  await app.close();
  await start({ revocation: 'strict' });
  await notes();
  expect(await costOf(() => notes())).toEqual({ status: 200, hashes: 0, calls: ['sessionStore.find'] });
});
