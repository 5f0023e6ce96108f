import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import bcrypt from 'bcrypt';
import { DataSource } from 'typeorm';
import { removeDatabase, SETTINGS, type Started, start } from './apps.js';

// After the environment is set, because the modules read it.
const { AppBefore } = await import('../src/passport-by-hand/before/app.module.js');
const { AppAfter } = await import('../src/passport-by-hand/after/app.module.js');
const { User } = await import('../src/passport-by-hand/user.entity.js');

const PASSWORD = 'changeme';

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Rows of every kind that the old app had, besides the users who registered. */
async function rows() {
  const hash = await bcrypt.hash(PASSWORD, 10);
  const older = await bcrypt.hash(PASSWORD, await bcrypt.genSalt(8, 'a'));
  return {
    admin: { username: 'root', role: 'admin', password: hash, email: 'root@example.org' },
    capitals: { username: 'Grace', password: hash },
    'a $2a$ hash of a lower cost': { username: 'linus', password: older },
    'a $2y$ hash, as PHP makes them': { username: 'rasmus', password: hash.replace(/^\$2b/, '$2y') },
    'no e-mail address': { username: 'nomail', password: hash, email: null },
    disabled: { username: 'eve', password: hash },
  };
}

let after: Started;
let before: Started;
/** The tokens that the old app issued. */
const old: Record<string, Tokens> = {};
let accounts: Awaited<ReturnType<typeof rows>>;

const nowInSeconds = () => Math.floor(Date.now() / 1000);
const usersOf = ({ app }: Started) => app.get(DataSource).getRepository(User);

beforeAll(async () => {
  accounts = await rows();
  before = await start(AppBefore);
  const { body } = await before.post('/auth/register', { username: 'ada', password: PASSWORD }).expect(201);
  old.ada = body;
  await usersOf(before).save(Object.values(accounts).map((row) => usersOf(before).create(row)));
  for (const username of ['root', 'Grace', 'eve', 'linus', 'nomail'])
    old[username] = (await before.post('/auth/login', { username, password: PASSWORD }).expect(200)).body;
  // A token that the old app has replaced since: its signature is valid, but its digest is gone.
  const spent = new JwtService({ secret: SETTINGS.JWT_REFRESH_SECRET, signOptions: { expiresIn: '7d' } });
  old.spent = { accessToken: '', refreshToken: spent.sign({ sub: 1, username: 'ada', iat: nowInSeconds() - 60 }) };
  await before.post('/auth/refresh', { refreshToken: old.spent.refreshToken }).expect(403);
  await before.get('/notes', old.ada?.accessToken ?? '').expect(200);
  await before.get('/notes/all', old.root?.accessToken ?? '').expect(200);
  await usersOf(before).update({ username: 'eve' }, { isActive: false });
  await before.close();
  after = await start(AppAfter);
});

afterAll(async () => {
  await after?.close();
  removeDatabase();
});

const tokenOf = (name: string): string => old[name]?.accessToken ?? '';
const refreshOf = (name: string): string => old[name]?.refreshToken ?? '';
const logIn = (username: string) => after.post('/auth/login', { username, password: PASSWORD });

describe('an old access token opens what it opened', () => {
  test('with `request.user` as the handlers know it', async () => {
    const { body } = await after.get('/notes', tokenOf('ada')).expect(200);
    expect(body).toEqual(['a note of ada, who is number 1']);
  });

  test("and as the app's own guard knows it", async () => {
    await after.get('/notes/of/1', tokenOf('ada')).expect(200);
    await after.get('/notes/of/2', tokenOf('ada')).expect(403);
  });

  test('and the routes of a role to those who have it', async () => {
    await after.get('/notes/all', tokenOf('root')).expect(200);
    await after.get('/notes/all', tokenOf('ada')).expect(403);
  });

  test('of a login with capitals, as it is spelled in the table', async () => {
    const { body } = await after.get('/notes', tokenOf('Grace')).expect(200);
    expect(body[0]).toContain('a note of Grace');
  });

  test('but not of a user who is disabled since', async () => {
    const { body } = await after.get('/notes', tokenOf('eve')).expect(401);
    expect(body.code).toBe('token_revoked');
  });

  test('until its user logs out with it', async () => {
    await after.post('/auth/logout', {}, tokenOf('nomail')).expect(204);
    await after.get('/notes', tokenOf('nomail')).expect(401);
  });
});

describe('an old refresh token', () => {
  test('is exchanged for one session, which refreshes on', async () => {
    const { body } = await after.post('/auth/refresh', { refreshToken: refreshOf('ada') }).expect(200);
    await after.get('/notes/of/1', body.accessToken).expect(200);
    const next = await after.post('/auth/refresh', { refreshToken: body.refreshToken }).expect(200);
    const retry = await after.post('/auth/refresh', { refreshToken: refreshOf('ada') }).expect(200);
    expect(retry.body.refreshToken).toBe(next.body.refreshToken);
  });

  test('opens no route, even if the secret of access tokens signed it', async () => {
    const jwt = new JwtService({ secret: SETTINGS.JWT_SECRET });
    const claims = { sub: 1, username: 'ada' };
    await after.get('/notes', jwt.sign(claims, { expiresIn: '1h' })).expect(200);
    await after.get('/notes', jwt.sign(claims, { expiresIn: '7d' })).expect(401);
  });

  test('that the old app had replaced is worth nothing, and ends nothing', async () => {
    await after.post('/auth/refresh', { refreshToken: refreshOf('spent') }).expect(401);
    await after.get('/notes', tokenOf('ada')).expect(200);
    await after.post('/auth/refresh', { refreshToken: refreshOf('linus') }).expect(200);
  });

  test.each(['eve', 'nomail'])('of somebody disabled or logged out is refused: %s', async (name) => {
    await after.post('/auth/refresh', { refreshToken: refreshOf(name) }).expect(401);
  });
});

describe('every password still logs in', () => {
  test.each([
    'admin',
    'capitals',
    'a $2a$ hash of a lower cost',
    'a $2y$ hash, as PHP makes them',
    'no e-mail address',
  ] as const)('with %s', async (kind) => {
    const { username } = accounts[kind];
    const { body } = await logIn(username).expect(200);
    expect(Object.keys(body).sort()).toEqual(['accessToken', 'expires_in', 'refreshToken', 'token_type']);
    await after.get('/notes', body.accessToken).expect(200);
  });

  test('in any spelling of the login', async () => {
    for (const username of ['grace', 'GRACE', ' Grace ']) await logIn(username).expect(200);
  });

  test('and older hashes are replaced by today’s', async () => {
    const hashes = await usersOf(after).findBy([{ username: 'linus' }, { username: 'rasmus' }]);
    for (const { password } of hashes) expect(password).toMatch(/^\$2b\$10\$/);
  });

  test('but not that of a disabled user', async () => {
    const { body } = await logIn('eve').expect(401);
    expect(body.code).toBe('invalid_credentials');
  });
});

test('nobody registers beside a login with capitals', async () => {
  const { body } = await after.post('/auth/register', { username: 'grace', password: 'a fine long passphrase' });
  expect(body.code).toBe('login_taken');
});

test('a new user gets a number, and the role that the column has for new users', async () => {
  const { body } = await after.post('/auth/register', { username: 'bob', password: 'a fine long passphrase' });
  const me = await after.get('/auth/me', body.accessToken).expect(200);
  expect(me.body).toEqual({ id: '8', username: 'bob', roles: ['user'] });
});
