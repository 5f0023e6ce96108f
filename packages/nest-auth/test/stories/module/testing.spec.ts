import { setImmediate } from 'node:timers/promises';
import { AuthService, memoryStores, Roles, UserStore } from '@acme/nest-auth';
import { AuthTestingModule, type AuthTestingOptions, actAs, TestClock, TestHasher } from '@acme/nest-auth/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Delete, Get, type INestApplication, Module } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import supertest from 'supertest';
import { PASSWORD } from '../../support/app.js';

@Controller('notes')
class NotesController {
  @Get()
  mine() {
    return [];
  }
  @Delete()
  clear() {
    return {};
  }
  @Roles('admin')
  @Get('all')
  all() {
    return [];
  }
}

const memoryStoreOf = (nest: INestApplication) => nest.get<UserStore>(UserStore);

let app: INestApplication;
afterEach(() => app.close());

/** As an app's own test would do it. */
async function start(options: AuthTestingOptions = {}) {
  const module = await Test.createTestingModule({
    imports: [AuthTestingModule.forRoot(options)],
    controllers: [NotesController],
  }).compile();
  app =
    process.env.HTTP === 'fastify'
      ? module.createNestApplication(new FastifyAdapter() as never, { logger: false })
      : module.createNestApplication({ logger: false });
  await app.listen(0, '127.0.0.1');
  return supertest(await app.getUrl());
}

describe('AuthTestingModule', () => {
  const register = (http: Awaited<ReturnType<typeof start>>, index: number) =>
    http.post('/auth/register').send({ email: `user-${index}@example.org`, password: PASSWORD });

  test('AuthTestingModule counts no attempts unless it is told to', async () => {
    const http = await start();
    for (let index = 0; index < 150; index++) await register(http, index).expect(201);
    const wrong = { email: 'user-1@example.org', password: 'wrong' };
    for (let index = 0; index < 30; index++) await http.post('/auth/login').send(wrong).expect(401);
    await app.close();
    const limited = await start({ throttle: { account: { points: 2, duration: '15m' } } });
    await register(limited, 1).expect(201);
    for (const status of [401, 401, 429]) await limited.post('/auth/login').send(wrong).expect(status);
  });

  test('AuthTestingModule hashes at no cost and refuses wrong passwords, even with other rules for passwords', async () => {
    const http = await start({ password: { minLength: 8 } });
    const stored = memoryStoreOf(app);
    await http.post('/auth/register').send({ email: 'ann@example.org', password: 'eight ok' }).expect(201);
    expect((await stored.findByLogin('ann@example.org'))?.passwordHash).toMatch(/^\$test\$/);
    await http.post('/auth/login').send({ email: 'ann@example.org', password: 'eight ok' }).expect(200);
    await http.post('/auth/login').send({ email: 'ann@example.org', password: 'eight Ok' }).expect(401);
    await http.post('/auth/login').send({ email: 'bob@example.org', password: 'eight ok' }).expect(401);
  });

  test('AuthTestingModule leaves nothing running: no thread and no timer', async () => {
    const before = process.getActiveResourcesInfo().sort();
    for (let boots = 0; boots < 25; boots++) {
      await start();
      await app.close();
    }
    // A resource that the operating system closes a moment later does not count.
    await setImmediate();
    const after = process.getActiveResourcesInfo().sort();
    expect(after.filter((kind) => /Worker|MessagePort|Timeout/.test(kind))).toEqual(
      before.filter((kind) => /Worker|MessagePort|Timeout/.test(kind)),
    );
    await start();
  });

  test('AuthTestingModule takes its options from a factory, and completes them', async () => {
    @Module({ providers: [{ provide: 'USERS', useFactory: () => memoryStores().userStore }], exports: ['USERS'] })
    class UsersModule {}
    const module = await Test.createTestingModule({
      imports: [
        AuthTestingModule.forRootAsync({
          imports: [UsersModule],
          inject: ['USERS'],
          useFactory: async (userStore: UserStore) => ({ userStore }),
          routes: { prefix: 'account' },
        }),
      ],
    }).compile();
    app = module.createNestApplication({ logger: false });
    await app.init();
    await app.get(AuthService).register({ login: 'ann@example.org', password: PASSWORD });
    expect(await app.get('USERS', { strict: false }).findByLogin('ann@example.org')).not.toBeNull();
    expect(() => AuthTestingModule.forRootAsync({ useFactory: (config: object) => config })).toThrow(/inject lists 0/);
  });

  test('production refuses AuthTestingModule and its hasher', async () => {
    await start();
    const hasher = new TestHasher();
    const { NODE_ENV } = process.env;
    process.env.NODE_ENV = 'production';
    try {
      const refusal = expect.objectContaining({ code: 'invalid_configuration' });
      expect(() => AuthTestingModule.forRoot()).toThrow(refusal);
      expect(() => AuthTestingModule.forRootAsync({ useFactory: () => ({}) })).toThrow(refusal);
      expect(() => new TestHasher()).toThrow(refusal);
      await expect(hasher.hash(PASSWORD)).rejects.toEqual(refusal);
      await expect(hasher.verify(PASSWORD, '$test$x$y')).rejects.toEqual(refusal);
    } finally {
      process.env.NODE_ENV = NODE_ENV;
    }
  });

  test('AuthTestingModule imported without a call says so', async () => {
    await start();
    await expect(Test.createTestingModule({ imports: [AuthTestingModule] }).compile()).rejects.toThrow(
      /write AuthTestingModule\.forRoot\(\)/,
    );
  });
});

describe("an app's own tests", () => {
  test('actAs acts as anybody, without a login', async () => {
    const http = await start();
    await http.get('/notes').expect(401);
    await http
      .get('/notes')
      .set(await actAs(app, { id: 'ann' }))
      .expect(200);
    await http
      .get('/notes/all')
      .set(await actAs(app, { id: 'ann', roles: ['editor'] }))
      .expect(403);
    await http
      .get('/notes/all')
      .set(await actAs(app, { id: 'bob', roles: ['admin'] }))
      .expect(200);
  });

  test('actAs acts as anybody with strict revocation too', async () => {
    const http = await start({ revocation: 'strict' });
    const headers = await actAs(app, { id: 'ann' });
    await http.get('/notes').set(headers).expect(200);
    await http.post('/auth/logout').set(headers).expect(204);
    await http.get('/notes').set(headers).expect(401);
  });

  test('actAs sends a cookie where tokens travel by cookie, as a page of the app does', async () => {
    for (const cookies of [{}, { access: 'sid' }, { secure: false }]) {
      await app?.close();
      const http = await start({ transport: 'cookie', cookies });
      const admin = await actAs(app, { id: 'ann', roles: ['admin'] });
      expect(Object.keys(admin)).toEqual(['Cookie', 'Sec-Fetch-Site']);
      await http.get('/notes/all').set(admin).expect(200);
      await http.delete('/notes').set(admin).expect(200);
      await http.post('/auth/logout').set(admin).expect(204);
      await http.get('/notes').set(admin).expect(401);
    }
  });

  test('actAs sends what it is told where clients choose, and a bearer token otherwise', async () => {
    const http = await start({ transport: 'both' });
    const user = { id: 'ann' };
    expect(Object.keys(await actAs(app, user))).toEqual(['Authorization']);
    for (const transport of ['bearer', 'cookie'] as const) {
      const headers = await actAs(app, user, { transport });
      expect(Object.keys(headers)).toContain(transport === 'cookie' ? 'Cookie' : 'Authorization');
      await http.delete('/notes').set(headers).expect(200);
    }
  });

  test.each([
    ['bearer', 'cookie'],
    ['cookie', 'bearer'],
    ['both', 'Cookie'],
  ] as const)('actAs says that an app with transport: %s has no callers by %s', async (transport, asked) => {
    await start({ transport });
    const refused = actAs(app, { id: 'ann' }, { transport: asked as never });
    await expect(refused).rejects.toMatchObject({
      code: 'invalid_request',
      message: `actAs cannot make a caller by ${asked}: the app's transport is '${transport}'.`,
    });
  });

  test('TestClock moves the time', async () => {
    const clock = new TestClock();
    const http = await start({ clock: clock.read, ttl: { access: '5m' } });
    const headers = await actAs(app, { id: 'ann' });
    clock.advance(299);
    await http.get('/notes').set(headers).expect(200);
    clock.advance(6);
    expect((await http.get('/notes').set(headers).expect(401)).body.code).toBe('token_expired');
  });
});
