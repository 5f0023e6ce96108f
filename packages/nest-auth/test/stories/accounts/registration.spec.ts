import type { MemoryUser, NewUser, RegistrationSchema } from '@acme/nest-auth';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type INestApplication, ValidationPipe } from '@nestjs/common';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { z } from 'zod';
import { PASSWORD, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { memberNames, spyOn } from '../../support/spies.js';

class ProfileDto {
  @IsString()
  @MaxLength(20)
  name!: string;

  @IsOptional()
  @IsString()
  city?: string;
}

const strictPipe = (app: INestApplication) =>
  app.useGlobalPipes(new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }));

const PLATFORMS: [string, ((app: INestApplication) => unknown) | undefined][] = [
  ['without a ValidationPipe', undefined],
  ['with a strict app-wide ValidationPipe', strictPipe],
];

/** The fields that no user may set. */
const GREED = {
  roles: ['admin'],
  permissions: ['*'],
  id: '00000000-0000-4000-8000-000000000000',
  login: 'root@example.org',
  passwordHash: '$2b$10$mine',
  emailVerifiedAt: '2020-01-01T00:00:00Z',
  disabledAt: null,
};

let app: TestApp;
let created: NewUser[];
let emails = 0;
const fresh = () => `new-${++emails}@example.org`;

async function start(configure?: (app: INestApplication) => unknown, schema?: RegistrationSchema) {
  app = await startApp({
    configure: (given) => void configure?.(given),
    options: { password: { hasher: new FakeHasher() }, register: { roles: ['member'], ...(schema ? { schema } : {}) } },
  });
  created = [];
  spyOn(app.userStore, (method, args) => {
    if (method === 'create') created.push(args[0] as NewUser);
  });
}

const register = (body: object) => app.http.post('/auth/register').send(body);
const stored = async (email: string) => (await app.userStore.findByLogin(email)) as MemoryUser;

afterEach(() => app.close());

describe.each(PLATFORMS)('a registration, %s', (_, configure) => {
  test('stores nothing beyond login and password where the app has no schema', async () => {
    await start(configure);
    const email = fresh();
    await register({
      email,
      password: PASSWORD,
      ...GREED,
      isAdmin: true,
      role: 'admin',
      tenantId: 't',
      email_verified: true,
    }).expect(201);
    expect(created).toEqual([
      { login: email, passwordHash: expect.stringMatching(/^\$fake\$/), roles: ['member'], profile: {} },
    ]);
    expect(await stored(email)).toMatchObject({
      roles: ['member'],
      profile: {},
      emailVerifiedAt: null,
      disabledAt: null,
    });
    expect((await stored(email)).id).not.toBe(GREED.id);
  });

  test('keeps what a zod schema lets through, transformed, and refuses the rest by its path', async () => {
    await start(
      configure,
      z.object({ name: z.string().trim().max(20), address: z.object({ city: z.string() }).optional() }),
    );
    await register({ email: fresh(), password: PASSWORD, name: '  Ann ', ...GREED, isAdmin: true }).expect(201);
    expect(created).toMatchObject([{ roles: ['member'], profile: { name: 'Ann' } }]);
    expect(created[0]?.profile).toEqual({ name: 'Ann' });
    const { body } = await register({
      email: fresh(),
      password: PASSWORD,
      name: 'x'.repeat(21),
      address: { city: 1 },
    }).expect(400);
    expect(body).toMatchObject({
      code: 'invalid_request',
      message: expect.stringMatching(/name: .*; address\.city: /),
    });
    expect(created).toHaveLength(1);
  });

  test('a schema that lets everything through still gives nobody a role, an id or a verified address', async () => {
    await start(configure, z.looseObject({}));
    await register({ email: fresh(), password: PASSWORD, ...GREED, hobby: 'chess' }).expect(201);
    expect(created).toMatchObject([{ roles: ['member'], profile: { hobby: 'chess' } }]);
    expect(Object.keys(created[0]?.profile ?? {})).toEqual(['hobby']);
  });

  test('keeps what a class-validator class declares, and nothing else', async () => {
    await start(configure, ProfileDto);
    await register({ email: fresh(), password: PASSWORD, name: 'Ann', city: 'Bern', ...GREED }).expect(201);
    expect({ ...created[0]?.profile }).toEqual({ name: 'Ann', city: 'Bern' });
    for (const wrong of [{}, { name: 7 }, { name: 'x'.repeat(21) }, { name: { $ne: null } }]) {
      const { body } = await register({ email: fresh(), password: PASSWORD, ...wrong }).expect(400);
      expect(body).toMatchObject({ code: 'invalid_request', message: expect.stringContaining('name') });
    }
    expect(created).toHaveLength(1);
  });
});

describe('a registration', () => {
  beforeEach(() => start());

  test('is decided by the store: of 20 at once for one address one wins, the others are 409', async () => {
    const email = fresh();
    const answers = await Promise.all(Array.from({ length: 20 }, () => register({ email, password: PASSWORD })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(19).fill(409)]);
    expect(answers.find(({ status }) => status === 409)?.body).toMatchObject({ statusCode: 409, code: 'login_taken' });
  });

  test('is taken in every spelling of the address', async () => {
    await register({ email: 'kim@example.org', password: PASSWORD }).expect(201);
    for (const email of ['KIM@example.org', ' kim@example.org', '\u212aim@example.org', 'kim＠example.org']) {
      expect((await register({ email, password: PASSWORD })).body.code).toBe('login_taken');
    }
  });

  test.each([
    ['short', 'password_too_short'],
    ['1QAZ2wsx3edc', 'password_too_common'],
    ['x'.repeat(257), 'password_too_long'],
    ['with a \0 in it', 'password_malformed'],
    ['Ann-The-Owner@Example.org', 'password_is_login'],
    ['ann-the-owner', 'password_is_login'],
  ])('with the password %j is refused as %s, before a hash and before the store', async (password, code) => {
    const { body } = await register({ email: 'ann-the-owner@example.org', password }).expect(400);
    expect(body).toEqual({ statusCode: 400, error: 'Bad Request', code, message: expect.any(String) });
    expect(created).toEqual([]);
  });

  test.each(['ann', 'ann@', '@example.org', 'a b@example.org', 'ann@exam ple.org', 'a@b@c'])(
    'of %j, which is not an address, is refused',
    async (email) => {
      expect((await register({ email, password: PASSWORD }).expect(400)).body.code).toBe('invalid_request');
    },
  );

  test.each([
    'x,ann@example.org',
    'x;ann@example.org',
    'x<ann@example.org>',
    'x:ann@example.org;',
    '(x)ann@example.org',
    'ann@example.org(x)',
    'ann@example.org,x.example.com',
    '"ann"@example.org',
    'ann\\@example.org',
    'ann@[192.0.2.1]',
    '=?utf-8?q?ann=40evil.example=3e?=@example.org',
  ])('of %j is refused: a mail to it would go elsewhere', async (email) => {
    expect((await register({ email, password: PASSWORD }).expect(400)).body.code).toBe('invalid_request');
  });

  test.each([
    "o'ann+tag=1?x@example.org",
    'ann/dept=a@example.org',
    '{ann}!#$%&*^`|~_-.@example.org',
    'jörg@exämple.org',
  ])('of %j, which is unusual, is made', async (email) => {
    await register({ email, password: PASSWORD }).expect(201);
  });

  test('shows a password hash, or anything named like one, in no answer', async () => {
    const email = fresh();
    const { body } = await register({ email, password: PASSWORD }).expect(201);
    const answers = [
      body,
      (await app.http.post('/auth/login').send({ email, password: PASSWORD })).body,
      (await app.as(body.access_token).get('/auth/me').expect(200)).body,
      (await app.as(body.access_token).get('/auth/sessions').expect(200)).body,
      (await register({ email, password: PASSWORD })).body,
    ];
    expect(answers.flatMap(memberNames).filter((name) => /hash|secret|salt|^password$/i.test(name))).toEqual([]);
    expect(JSON.stringify(answers)).not.toContain((await stored(email)).passwordHash);
    const [, claims = ''] = body.access_token.split('.');
    expect(memberNames(JSON.parse(Buffer.from(claims, 'base64url').toString())).sort()).toEqual([
      'amr',
      'auth_time',
      'exp',
      'iat',
      'jti',
      'roles',
      'sid',
      'sub',
    ]);
  });
});
