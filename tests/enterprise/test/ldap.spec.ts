import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { AuthFeature } from '@acme/nest-auth';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import ldap from 'ldapjs';
import { BASE, type TestDirectory, testDirectory } from '../src/directory.js';
import { runDocumented } from '../src/documented.js';
import { claimsOf, post, startApp, type TestApp } from '../src/world.js';

const PASSWORD = 'the password of the directory';
const ADMIN = `uid=root,ou=admins,${BASE}`;
const people = {
  [`uid=ann,${BASE}`]: { password: PASSWORD, entryUUID: 'b7c7a3e8-ann', mail: 'ann@example.org' },
  [`uid=carl,${BASE}`]: { password: PASSWORD, entryUUID: 'b7c7a3e8-carl' },
  [`uid=dora,${BASE}`]: { password: PASSWORD, mail: 'dora@example.org' },
  [ADMIN]: { password: PASSWORD, entryUUID: 'b7c7a3e8-root', mail: 'root@example.org' },
};

/** The guide's module reads it at each login. */
const directory = { url: '', base: BASE };
let server: TestDirectory;
let app: TestApp;

beforeAll(async () => {
  server = await testDirectory(people);
  Object.assign(globalThis, { directoryOfTheTest: directory });
  await runDocumented('company-accounts', 'class CompanyAccounts');
  const page = await runDocumented<{ ldap(): AuthFeature }>(
    'ldap',
    'class LdapStrategy',
    `import { CompanyAccounts } from './company-accounts.js';
     const directory = (globalThis as unknown as { directoryOfTheTest: { url: string; base: string } }).directoryOfTheTest;`,
  );
  app = await startApp({
    features: [page.ldap()],
    options: { throttle: { address: { points: 10_000, duration: '15m' } } },
  });
});
afterAll(async () => {
  await app.close();
  await server.close();
});
beforeEach(() => {
  directory.url = server.url;
  server.failure = undefined;
  server.binds.length = 0;
});

const logIn = (username: string, password = PASSWORD) => post(`${app.url}/auth/ldap`, { username, password });
/** Each test has a user of its own, because each user has a budget. */
const somebody = () => `nobody-${crypto.randomUUID()}`;

describe('a login by the directory', () => {
  test('ends with tokens, and finds the same user again', async () => {
    const first = await logIn('ann');
    expect(first).toMatchObject({ status: 200, answer: { token_type: 'Bearer' } });
    expect(claimsOf(String(first.answer.access_token)).amr).toEqual(['pwd']);
    const again = await logIn('Ann ');
    expect(claimsOf(String(again.answer.access_token)).sub).toBe(claimsOf(String(first.answer.access_token)).sub);
  });

  test('needs no address in the directory', async () => {
    expect(await logIn('carl')).toMatchObject({ status: 200 });
    expect(await app.userStore.findByLogin('carl')).not.toBeNull();
  });

  test('without a lasting name of the entry is a mistake of the app, and makes no account', async () => {
    expect(await logIn('dora')).toMatchObject({ status: 500, code: 'contract_broken' });
    expect(await app.userStore.findByLogin('dora@example.org')).toBeNull();
  });

  test('with a wrong password, or of somebody unknown, is a 401, and the same one', async () => {
    const [wrong, unknown] = [await logIn('ann', 'the wrong one'), await logIn(somebody())];
    expect(wrong).toMatchObject({ status: 401, code: 'invalid_credentials' });
    expect(unknown.answer).toEqual(wrong.answer);
  });

  test('with an empty password is refused before the directory says yes to it', async () => {
    expect(await logIn('ann', '')).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(server.binds).toEqual([]);
  });

  test('cannot name an entry of another branch', async () => {
    expect(await logIn('root,ou=admins')).toMatchObject({ status: 401, code: 'invalid_credentials' });
    expect(server.binds).toHaveLength(1);
    expect(server.binds).not.toContain(ADMIN);
  });

  test('ends after ten attempts, without a word to the directory, which would lock the account', async () => {
    const username = somebody();
    for (let attempt = 0; attempt < 10; attempt++) expect((await logIn(username)).status).toBe(401);
    server.binds.length = 0;
    const refusal = await logIn(username);
    expect(refusal).toMatchObject({ status: 429, code: 'too_many_attempts' });
    expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(server.binds).toEqual([]);
  });
});

describe('an outage of the directory is a 503, never a wrong password and never a login', () => {
  const unavailable = { status: 503, code: 'store_unavailable' };

  test('nobody listens', async () => {
    const gone = await listen(() => {});
    await gone.close();
    directory.url = gone.url;
    expect(await logIn(somebody())).toMatchObject(unavailable);
  });

  test.each<[string, (socket: Socket) => unknown]>([
    ['it is silent', () => undefined],
    ['it breaks off', (socket) => socket.destroy()],
    ['it breaks off after the question', (socket) => socket.once('data', () => socket.destroy())],
    ['it answers with something else', (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ])('%s', async (_, answer) => {
    const broken = await listen(answer);
    directory.url = broken.url;
    const begun = performance.now();
    expect(await logIn(somebody())).toMatchObject(unavailable);
    expect(performance.now() - begun).toBeLessThan(10_000);
    await broken.close();
  });

  test.each(['BusyError', 'UnavailableError'] as const)('it says %s', async (name) => {
    server.failure = new ldap[name]();
    const refusal = await logIn('ann');
    expect(refusal).toMatchObject(unavailable);
    expect(refusal.headers.get('retry-after')).toBe('5');
  });

  test('and afterwards the right password logs in', async () => {
    expect(await logIn('ann')).toMatchObject({ status: 200 });
  });
});

/** A server that does with each connection what the test says. */
async function listen(answer: (socket: Socket) => unknown) {
  const sockets = new Set<Socket>();
  const broken: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    answer(socket);
  });
  await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve));
  const url = `ldap://127.0.0.1:${(broken.address() as AddressInfo).port}`;
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => broken.close(() => resolve()));
  };
  return { url, close };
}
