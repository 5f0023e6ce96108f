import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { DataSource } from 'typeorm';
import { removeDatabase, SETTINGS, type Started, start } from './apps.js';

// After the environment is set, because the modules read it.
const { AppBefore } = await import('../src/nestjs-jwt/before/app.module.js');
const { AppAfter } = await import('../src/nestjs-jwt/after/app.module.js');
const { Account } = await import('../src/nestjs-jwt/user.entity.js');

const ADA = { email: 'ada@example.org', password: 'changeme' };

let after: Started;
let id: string;
let token: string;
let ofDisabled: string;

beforeAll(async () => {
  const before = await start(AppBefore);
  token = (await before.post('/auth/register', ADA).expect(201)).body.access_token;
  ofDisabled = (await before.post('/auth/register', { ...ADA, email: 'eve@example.org' }).expect(201)).body
    .access_token;
  id = (await before.get('/profile', token).expect(200)).body.id;
  const accounts = before.app.get(DataSource).getRepository(Account);
  await accounts.update({ email: 'eve@example.org' }, { disabledAt: new Date() });
  // The old app did not know disabled users.
  await before.get('/profile', ofDisabled).expect(200);
  await before.close();
  after = await start(AppAfter);
});

afterAll(async () => {
  await after?.close();
  removeDatabase();
});

describe('after the switch from @nestjs/jwt', () => {
  test('an old token opens what it opened, with the payload as `request.user`', async () => {
    expect((await after.get('/profile', token).expect(200)).body).toEqual({ id, email: ADA.email });
    await after.get('/reading', token).expect(200);
  });

  test('a disabled user is out, also with an old token', async () => {
    await after.get('/profile', ofDisabled).expect(401);
    await after.post('/auth/login', { ...ADA, email: 'eve@example.org' }).expect(401);
  });

  test('an old token that has run out asks for a login, and passwords still log in', async () => {
    const jwt = new JwtService({ secret: SETTINGS.JWT_SECRET });
    const { body } = await after.get('/profile', jwt.sign({ sub: id, exp: 1 })).expect(401);
    expect(body.code).toBe('token_expired');
    const tokens = (await after.post('/auth/login', ADA).expect(200)).body;
    expect((await after.get('/profile', tokens.access_token).expect(200)).body).toEqual({ id, email: ADA.email });
    await after.post('/auth/refresh', { refresh_token: tokens.refresh_token }).expect(200);
  });

  test('a route that had no guard is open because it says so', async () => {
    await after.get('/health', 'no token').expect(200);
  });

  test('a logout everywhere ends the old token', async () => {
    await after.post('/auth/logout-all', {}, token).expect(204);
    await after.get('/profile', token).expect(401);
  });
});
