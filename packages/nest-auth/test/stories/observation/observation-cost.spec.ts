import { createHook } from 'node:async_hooks';
import { type AuthFeature, JwtAuthGuard, Roles } from '@acme/nest-auth';
import { inspector } from '@acme/nest-auth/inspector';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { ExecutionContext } from '@nestjs/common';
import { Controller, Get } from '@nestjs/common';
import { logIn, signUp, startApp, type TestApp } from '../../support/app.js';
import { FakeHasher } from '../../support/fake-hasher.js';
import { ask, OpenInspector } from '../../support/inspector.js';
import { observer } from '../../support/watch.js';

const CALLS = 100;

@Controller()
class NotesController {
  @Roles('admin')
  @Get('notes')
  list() {}
}

const started: TestApp[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((app) => app.close()));
});

/** Counts the promises and clock readings of many guard calls. */
async function costOf(features: AuthFeature[], prepare: (url: string) => Promise<void> = async () => {}) {
  const app = await startApp({
    controllers: [NotesController],
    features,
    // With `'eventual'`, revocation itself reads no clock.
    options: { password: { hasher: new FakeHasher() }, revocation: 'eventual', transport: 'bearer' },
  });
  started.push(app);
  const { email } = await signUp(app);
  const user = await app.userStore.findByLogin(email);
  app.userStore.update(user?.id ?? '', { roles: ['admin'] });
  const { access } = await logIn(app, email);
  const guard = app.app.get(JwtAuthGuard);
  const request = { headers: { authorization: `Bearer ${access}` } };
  const context = {
    getHandler: () => NotesController.prototype.list,
    getClass: () => NotesController,
    getType: () => 'http',
    getArgByIndex: () => request,
  } as unknown as ExecutionContext;
  await prepare(app.url);
  const clock = jest.spyOn(performance, 'now');
  let promises = 0;
  const hook = createHook({ init: (_id, type) => void (type === 'PROMISE' && promises++) }).enable();
  for (let n = 0; n < CALLS; n++) if (guard.canActivate(context) !== true) throw new Error('was refused');
  hook.disable();
  const readings = clock.mock.calls.length;
  clock.mockRestore();
  return { promises, readings };
}

test('while nobody observes decisions, a call of the guard makes no promise and reads no clock', async () => {
  expect(await costOf([])).toEqual({ promises: 0, readings: 0 });
  expect(await costOf([observer('operations', { started: () => undefined })])).toEqual({ promises: 0, readings: 0 });
});

test('an observed call of the guard reads the clock twice, and is still answered without a promise', async () => {
  let decided = 0;
  const cost = await costOf([observer('watch', { decided: () => void decided++ })]);
  expect(cost).toEqual({ promises: 0, readings: 2 * CALLS });
  expect(decided).toBeGreaterThanOrEqual(CALLS);
});

describe('the inspector', () => {
  let page: OpenInspector;

  test('costs a call of the guard nothing until its page is opened', async () => {
    expect(await costOf([inspector()])).toEqual({ promises: 0, readings: 0 });
  });

  test('observes while its page is open', async () => {
    const open = async (url: string) => {
      page = await OpenInspector.open(url);
    };
    const { readings } = await costOf([inspector()], open);
    page.close();
    expect(readings).toBeGreaterThanOrEqual(2 * CALLS);
  });

  test('costs nothing again once its page is closed', async () => {
    const openAndClose = async (url: string) => {
      page = await OpenInspector.open(url);
      page.close();
      const pages = async () => JSON.parse((await ask(`${url}/auth/inspector/state`)).text).pages as number;
      while ((await pages()) > 0);
    };
    expect(await costOf([inspector()], openAndClose)).toEqual({ promises: 0, readings: 0 });
  });
});
