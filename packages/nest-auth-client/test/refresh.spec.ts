import { beforeEach, describe, expect, test } from '@jest/globals';
import { json, refuse } from './support/api-server.js';
import { ADA, browserOnApi, endsOf, failureOf, openTab, wait } from './support/tabs.js';

const page = browserOnApi();

describe('a refresh that fails', () => {
  test.each([
    ['store_unavailable', 503],
    ['too_many_attempts', 429],
  ])('with %s is the failure of the request, and the session goes on', async (code, status) => {
    const auth = openTab();
    const ends = endsOf(auth);
    await auth.login(ADA);
    await wait(2);
    page.api.expire();
    page.api.instead.set('POST /auth/refresh', (_, response) =>
      refuse(response.setHeader('Retry-After', '7'), status, code),
    );
    const error = await failureOf(auth.fetch('/notes'));
    expect(error).toMatchObject({ code, status, retryAfter: 7, message: `Refused: ${code}.` });
    page.api.instead.clear();
    expect((await auth.fetch('/notes')).status).toBe(200);
    expect(ends).toEqual([]);
  });

  test.each([
    ['a broken connection', 'no_answer', 0, (_: unknown, response: { destroy(): void }) => response.destroy()],
    [
      'the page of a proxy, even with 401',
      'unexpected_answer',
      401,
      (_: unknown, response: import('node:http').ServerResponse) => response.writeHead(401).end('<h1>Login</h1>'),
    ],
    [
      'the page of a proxy with 200',
      'unexpected_answer',
      200,
      (_: unknown, response: import('node:http').ServerResponse) => response.writeHead(200).end('<h1>Soon</h1>'),
    ],
  ])('by %s does not end the session', async (_, code, status, handler) => {
    const auth = openTab();
    const ends = endsOf(auth);
    await auth.login(ADA);
    await wait(2);
    page.api.expire();
    page.api.instead.set('POST /auth/refresh', handler);
    expect(await failureOf(auth.fetch('/notes'))).toMatchObject({ code, status });
    expect(ends).toEqual([]);
  });

  test('is asked for once by all requests of a tab, and each of them fails', async () => {
    const auth = openTab();
    await auth.login(ADA);
    await wait(2);
    page.api.expire();
    page.api.instead.set('POST /auth/refresh', (_, response) => refuse(response, 503, 'store_unavailable'));
    const failures = await Promise.all(Array.from({ length: 10 }, () => failureOf(auth.fetch('/notes'))));
    expect(failures.map(({ code }) => code)).toEqual(Array(10).fill('store_unavailable'));
    expect(page.api.count('POST /auth/refresh')).toBe(1);
  });

  test('to answer at all frees the lock after the timeout', async () => {
    const [one, two] = [openTab({ timeout: 150 }), openTab({ timeout: 5000 })];
    await one.login(ADA);
    await wait(2);
    page.api.expire();
    page.api.instead.set('POST /auth/refresh', () => {});
    const first = failureOf(one.fetch('/notes'));
    await wait();
    page.api.instead.clear();
    expect((await two.fetch('/notes')).status).toBe(200);
    expect((await first).code).toBe('no_answer');
  });

  test('to answer one tab is not waited for by the others for longer than the timeout', async () => {
    const [one, two] = [openTab({ timeout: 60_000 }), openTab({ timeout: 100 })];
    await one.login(ADA);
    await wait(2);
    page.api.expire();
    page.api.instead.set('POST /auth/refresh', () => {});
    const first = one.fetch('/notes').catch(() => {});
    await wait();
    expect((await failureOf(two.fetch('/notes'))).code).toBe('no_answer');
    await page.api.close();
    await first;
  });
});

test('a caller that aborts stops waiting at once, and the refresh goes on for the others', async () => {
  const auth = openTab();
  await auth.login(ADA);
  await wait(2);
  page.api.expire();
  let answer = () => {};
  const asked = new Promise<void>((resolve) => {
    page.api.instead.set('POST /auth/refresh', (_, response) => {
      answer = () => json(response, 200, { expires_in: 900 });
      resolve();
    });
  });
  const controller = new AbortController();
  const aborted = auth.fetch('/notes', { signal: controller.signal });
  const other = auth.fetch('/notes');
  await asked;
  controller.abort(new Error('The user left.'));
  await expect(aborted).rejects.toThrow('The user left.');
  page.api.instead.set('GET /notes', (_, response) => json(response, 200, {}));
  answer();
  expect((await other).status).toBe(200);
  expect(page.api.count('POST /auth/refresh')).toBe(1);
});

describe.each([
  ['in another tab', true],
  ['in a browser without locks', false],
])('while a refresh is under way %s', (_, locks) => {
  beforeEach(() => {
    page.enter({ locks });
  });
  const openTwo = () => {
    const tab = openTab();
    return [tab, locks ? openTab() : tab] as const;
  };
  const hold = () => {
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      page.api.instead.set('POST /auth/refresh', (_, response) => {
        page.api.instead.clear();
        const old = ['access=0.1; Path=/', 'refresh=0.1; Path=/'];
        answer = () => json(response.setHeader('Set-Cookie', old), 200, { expires_in: 900 });
        resolve();
      });
    });
    return { asked, answer: () => answer() };
  };

  test('a login waits for it, so that its own cookies are the last', async () => {
    const [one, two] = openTwo();
    await one.login(ADA);
    await wait(2);
    page.api.expire();
    const refresh = hold();
    const old = one.fetch('/notes');
    await refresh.asked;
    const login = two.login({ ...ADA, email: 'bob@example.org' });
    await wait();
    expect(page.api.count('POST /auth/login')).toBe(1);
    refresh.answer();
    await Promise.all([old, login]);
    expect(await (await one.fetch('/notes')).json()).toMatchObject({ user: 'bob@example.org' });
  });

  test('a logout waits for it, and logged out stays logged out', async () => {
    const [one, two] = openTwo();
    await one.login(ADA);
    await wait(2);
    page.api.expire();
    const refresh = hold();
    const old = one.fetch('/notes');
    await refresh.asked;
    const logout = two.logout();
    await wait();
    refresh.answer();
    await Promise.all([old, logout]);
    expect(page.browser.jar.size).toBe(0);
    expect((await one.fetch('/notes')).status).toBe(401);
  });
});
