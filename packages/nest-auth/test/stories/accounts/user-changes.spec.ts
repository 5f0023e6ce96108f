import { type AuthUser, Roles, SessionService } from '@acme/nest-auth';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { logIn, PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';

@Roles('editor')
@Controller('drafts')
class DraftsController {
  @Get()
  list() {
    return [];
  }
}

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ controllers: [DraftsController] });
});
afterAll(() => app.close());

const get = (path: string, access: string) => app.as(access).get(path);
const refresh = (token: string) => app.http.post('/auth/refresh').send({ refresh_token: token });
const idOf = async (access: string): Promise<string> => (await get('/auth/me', access).expect(200)).body.id;
const change = async (access: string, fields: Partial<AuthUser>) => app.userStore.update(await idOf(access), fields);

/** A user with two devices. */
async function twoDevices() {
  const phone = await signUp(app);
  return { phone, laptop: await logIn(app, phone.email), id: await idOf(phone.access) };
}

test('a disabled user is refused at the next refresh on each device, and that device is out at once', async () => {
  const { phone, laptop } = await twoDevices();
  await change(phone.access, { disabledAt: new Date(app.clock.now) });
  for (const device of [phone, laptop]) {
    expect((await refresh(device.refresh).expect(401)).body.code).toBe('user_disabled');
    expect((await get('/auth/sessions', device.access).expect(401)).body.code).toBe('token_revoked');
    expect((await refresh(device.refresh).expect(401)).body.code).toBe('session_revoked');
  }
});

test('a disabled user cannot log in, and is told nothing that a wrong password would not be told', async () => {
  const { phone } = await twoDevices();
  const logInWith = (password: string) => app.http.post('/auth/login').send({ email: phone.email, password });
  const wrong = await logInWith('a wrong long passphrase').expect(401);
  await change(phone.access, { disabledAt: new Date(app.clock.now) });
  const disabled = await logInWith(PASSWORD).expect(401);
  expect(disabled.body).toEqual(wrong.body);
});

test('revokeAll ends both devices of a disabled user before they refresh, and no other user', async () => {
  const { phone, laptop, id } = await twoDevices();
  const other = await signUp(app);
  await change(phone.access, { disabledAt: new Date(app.clock.now) });
  await app.app.get(SessionService).revokeAll(id);
  for (const device of [phone, laptop]) {
    expect((await get('/auth/sessions', device.access).expect(401)).body.code).toBe('token_revoked');
    await refresh(device.refresh).expect(401);
  }
  await get('/auth/me', other.access).expect(200);
});

test('a deleted user is refused at the next refresh, and that device is out at once', async () => {
  const { phone, laptop, id } = await twoDevices();
  app.userStore.delete(id);
  for (const device of [phone, laptop]) {
    expect((await refresh(device.refresh).expect(401)).body.code).toBe('user_not_found');
    expect((await get('/auth/sessions', device.access).expect(401)).body.code).toBe('token_revoked');
  }
});

test('a role that was granted opens the route after a refresh, and one that was taken away closes it', async () => {
  const user = await signUp(app);
  await get('/drafts', user.access).expect(403);
  await change(user.access, { roles: ['editor'] });
  const { body: granted } = await refresh(user.refresh).expect(200);
  await get('/drafts', granted.access_token).expect(200);
  await change(granted.access_token, { roles: [] });
  const { body: taken } = await refresh(granted.refresh_token).expect(200);
  await get('/drafts', taken.access_token).expect(403);
});
