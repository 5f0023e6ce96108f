import { Roles } from '@acme/nest-auth';
import { AuthTestingModule, type AuthTestingOptions, actAs, TestClock } from '@acme/nest-auth/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import supertest from 'supertest';

@Controller('notes')
class NotesController {
  @Get()
  mine() {
    return [];
  }
  @Roles('admin')
  @Get('all')
  all() {
    return [];
  }
}

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

describe("an app's own tests", () => {
  test('act as anybody, without a login', async () => {
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

  test('act as anybody where each request asks the store, too', async () => {
    const http = await start({ revocation: 'strict' });
    const headers = await actAs(app, { id: 'ann' });
    await http.get('/notes').set(headers).expect(200);
    await http.post('/auth/logout').set(headers).expect(204);
    await http.get('/notes').set(headers).expect(401);
  });

  test('move the time', async () => {
    const clock = new TestClock();
    const http = await start({ clock: clock.read, ttl: { access: '5m' } });
    const headers = await actAs(app, { id: 'ann' });
    clock.advance(299);
    await http.get('/notes').set(headers).expect(200);
    clock.advance(6);
    expect((await http.get('/notes').set(headers).expect(401)).body.code).toBe('token_expired');
  });
});
