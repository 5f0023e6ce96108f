import { type FeatureHooks, Roles } from '@acme/nest-auth';
import { afterEach, expect, jest, test } from '@jest/globals';
import { Controller, Get, Logger } from '@nestjs/common';
import { logIn, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';

@Controller('notes')
class NotesController {
  @Get()
  list() {}

  @Roles('admin')
  @Get('admin')
  admin() {}
}

let app: TestApp | undefined;
afterEach(async () => {
  jest.restoreAllMocks();
  await app?.close();
});

test('without @opentelemetry/api the app starts, says once what to install, and observes nothing', async () => {
  jest.unstable_mockModule('@opentelemetry/api', () => {
    throw Object.assign(new Error("Cannot find package '@opentelemetry/api'"), { code: 'ERR_MODULE_NOT_FOUND' });
  });
  const { telemetry } = await import('@acme/nest-auth/telemetry');
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
  const feature = telemetry();
  app = await startApp({
    controllers: [NotesController],
    features: [feature],
    options: { password: { hasher: new FakeHasher() } },
  });
  expect(warn.mock.calls.map(([line]) => line)).toEqual([
    'telemetry(): @opentelemetry/api could not be loaded (ERR_MODULE_NOT_FOUND), so nothing is measured; npm i @opentelemetry/api@^1.9.0',
  ]);
  expect(app.app.get<FeatureHooks>(feature.hooks as never).observe).toBeUndefined();
  const { email, access } = await signUp(app);
  await logIn(app, email);
  await app.as(access).get('/notes').expect(200);
  await app.as(access).get('/notes/admin').expect(403);
});
