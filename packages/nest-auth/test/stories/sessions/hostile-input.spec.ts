import type { NewUser } from '@acme/nest-auth';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ValidationPipe } from '@nestjs/common';
import { IsString } from 'class-validator';
import { z } from 'zod';
import { PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { memberNames, spyOn } from '../../support/spies.js';

class ProfileDto {
  @IsString()
  name!: string;
}

const SCHEMAS = [
  ['no schema', undefined],
  ['a loose zod schema', z.looseObject({})],
  ['a class', ProfileDto],
] as const;

const DEEP = `${'['.repeat(10_000)}${']'.repeat(10_000)}`;
const CREDENTIALS = `"email":"deep@example.org","password":"${PASSWORD}","name":"Ann"`;

describe.each(SCHEMAS)('what a caller sends instead of an honest body, with %s', (_, schema) => {
  let app: TestApp;
  let calls: string[];
  let created: NewUser[];
  let token: string;
  const hasher = new FakeHasher();

  beforeAll(async () => {
    app = await startApp({
      options: { password: { hasher }, register: schema ? { schema } : {} },
      configure: (given) => given.useGlobalPipes(new ValidationPipe({ whitelist: true, transform: true })),
    });
    const { body } = await app.http
      .post('/auth/register')
      .send({ email: 'ann@example.org', password: PASSWORD, name: 'Ann' })
      .expect(201);
    token = body.access_token;
    calls = [];
    created = [];
    spyOn(app.userStore, (method, args) => {
      calls.push(method);
      if (method === 'create') created.push(args[0] as NewUser);
    });
  });
  afterAll(() => app.close());

  const ROUTES = [
    ['/auth/register', 'email', 'password'],
    ['/auth/login', 'email', 'password'],
    ['/auth/password', 'current_password', 'new_password'],
    ['/auth/refresh', 'refresh_token', 'refresh_token'],
  ] as const;
  const post = (route: string) => app.as(token).post(route);

  async function expectUntouched(request: PromiseLike<{ status: number }>, label: string) {
    calls = [];
    const hashes = hasher.calls;
    const { status } = await request;
    expect([label, status >= 400 && status < 500, calls, hasher.calls - hashes]).toEqual([label, true, [], 0]);
  }

  test.each(ROUTES)(
    '%s: a value that is not a string is refused before the store and before a hash',
    async (route, first, second) => {
      const honest = { [first]: 'ann@example.org', [second]: PASSWORD };
      const values: unknown[] = [
        { $ne: null },
        { not: '' },
        { toString: 'x' },
        [],
        ['ann@example.org'],
        null,
        0,
        1,
        true,
        '',
        undefined,
      ];
      for (const field of new Set([first, second])) {
        for (const value of values) {
          await expectUntouched(post(route).send({ ...honest, [field]: value }), `${field}: ${JSON.stringify(value)}`);
        }
      }
    },
  );

  test.each(ROUTES)(
    '%s: a body that is not a plain JSON object is refused, and the app lives',
    async (route, first, second) => {
      const json = JSON.stringify({ [first]: 'ann@example.org', [second]: PASSWORD });
      const form = new URLSearchParams({ [first]: 'ann@example.org', [second]: PASSWORD }).toString();
      const bodies: [string, string | undefined, string | undefined][] = [
        ['an empty body', 'application/json', ''],
        ['no body', undefined, undefined],
        ['malformed JSON', 'application/json', json.slice(0, -1)],
        ['JSON with a trailing comma', 'application/json', json.replace('}', ',}')],
        ['null', 'application/json', 'null'],
        ['an array', 'application/json', `[${json}]`],
        ['a string', 'application/json', JSON.stringify(json)],
        ['JSON as text/plain, which needs no preflight', 'text/plain', json],
        ['a form, which needs no preflight', 'application/x-www-form-urlencoded', form],
        ['an unknown type', 'application/x-java-serialized-object', json],
        ['1 MB', 'application/json', JSON.stringify({ [first]: 'a', [second]: 'x'.repeat(1_100_000) })],
        ['inherited fields', 'application/json', `{"__proto__":${json}}`],
        ['10,000 arrays in each other', 'application/json', `{"${first}":${DEEP},"${second}":"x"}`],
        ['an array 10,000 deep', 'application/json', DEEP],
      ];
      for (const [label, type, body] of bodies) {
        const request = post(route);
        if (type) request.set('Content-Type', type);
        await expectUntouched(body === undefined ? request : request.send(body), label);
      }
      await app.as(token).get('/auth/me').expect(200);
    },
  );

  test.each([
    ['10,000 levels deep', DEEP],
    ['10,000 objects deep', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
  ])('a further field that is %s causes no server error', async (_label, value) => {
    const { status } = await post('/auth/register')
      .set('Content-Type', 'application/json')
      .send(`{${CREDENTIALS},"more":${value}}`);
    expect(status).toBe(400);
  });

  test.each([
    '"__proto__":{"isAdmin":true}',
    '"constructor":{"prototype":{"isAdmin":true}}',
    '"more":{"__proto__":{"isAdmin":true}}',
    '"more":[{"constructor":{"prototype":{"isAdmin":true}}}]',
  ])('%s pollutes no prototype and is stored nowhere', async (member) => {
    const email = `${Math.random()}@example.org`;
    const body = `{"email":"${email}","password":"${PASSWORD}","name":"Ann",${member}}`;
    const { status } = await post('/auth/register').set('Content-Type', 'application/json').send(body);
    expect([201, 400]).toContain(status);
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
    const profile = created.find(({ login }) => login === email)?.profile ?? {};
    expect((profile as { isAdmin?: unknown }).isAdmin).toBeUndefined();
    expect(memberNames(profile)).not.toContain('__proto__');
    expect(Object.keys(profile)).not.toContain('constructor');
  });

  test('credentials in the query string are ignored', async () => {
    const { body } = await app.http
      .post(`/auth/login?email=ann@example.org&password=${encodeURIComponent(PASSWORD)}`)
      .send({})
      .expect(400);
    expect(body.code).toBe('invalid_request');
  });
});

test('a token in the URL or in the body is ignored', async () => {
  const app = await startApp({ options: { password: { hasher: new FakeHasher() } } });
  try {
    const { access } = await signUp(app);
    expect((await app.http.get(`/auth/me?access_token=${access}`).expect(401)).body.code).toBe('missing_token');
    expect((await app.http.post('/auth/logout-all').send({ access_token: access }).expect(401)).body.code).toBe(
      'missing_token',
    );
  } finally {
    await app.close();
  }
});
