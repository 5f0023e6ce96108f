import { AuthClientError, bearer, createAuthClient } from '@acme/nest-auth-client';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Api, json, refuse, startApi } from './support/api-server.js';
import { enterBrowser } from './support/browser.js';

const ADA = { email: 'ada@example.org', password: 'a fine long passphrase' };

let api: Api;
let browser: ReturnType<typeof enterBrowser>;
beforeEach(async () => {
  api = await startApi();
  browser = enterBrowser(api.url);
});
afterEach(async () => {
  browser.leave();
  await api.close();
});

const openTab = (options = {}) => createAuthClient({ url: '/auth', ...options });
const openTabs = (count: number) => Array.from({ length: count }, () => openTab());
const settle = (ms = 20) => new Promise((resolve) => setTimeout(resolve, ms));

/** Ends that a tab is told of. */
function endsOf(tab: ReturnType<typeof openTab>): string[] {
  const ends: string[] = [];
  tab.on('session-ended', (reason) => ends.push(reason));
  return ends;
}

async function failureOf(work: Promise<unknown>): Promise<AuthClientError> {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(AuthClientError);
  return error as AuthClientError;
}

describe('a login', () => {
  test('asks for cookies, and answers without tokens', async () => {
    expect(await openTab().login({ ...ADA, remember: false })).toEqual({ expires_in: 900 });
    const [request] = api.requests;
    expect(request!.headers['x-auth-transport']).toBe('cookie');
    expect(request!.headers['content-type']).toBe('application/json');
    expect(JSON.parse(request!.body)).toEqual({ ...ADA, remember: false });
  });

  test('that is held up answers with a challenge, and the next step ends it', async () => {
    const auth = openTab();
    const answer = await auth.login({ ...ADA, password: 'held' });
    if (!('challenge' in answer)) throw new Error('There was no challenge.');
    expect(answer.challenge).toBe('totp');
    expect([browser.jar.size, browser.locks.held()]).toEqual([0, []]);
    await auth.login({ challenge_token: answer.challenge_token, code: '123456' }, 'totp');
    expect((await auth.fetch('/notes')).status).toBe(200);
  });

  test('at an API of another origin keeps its cookies', async () => {
    browser.leave();
    browser = enterBrowser('https://app.example.org');
    const auth = openTab({ url: `${api.url}/auth` });
    await auth.login(ADA);
    expect((await auth.fetch('/notes')).status).toBe(200);
  });

  test('with a wrong password is an error, and not a reason to refresh', async () => {
    const error = await failureOf(openTab().login({ ...ADA, password: 'wrong' }));
    expect(error).toMatchObject({ name: 'AuthClientError', code: 'invalid_credentials', status: 401 });
    expect(api.count('POST /auth/refresh')).toBe(0);
  });

  test('that is answered with tokens fails: the server sets no cookies', async () => {
    api.instead.set('POST /auth/login', (_, response) => json(response, 200, { access_token: 'a', expires_in: 900 }));
    expect((await failureOf(openTab().login(ADA))).code).toBe('unexpected_answer');
  });
});

describe('a request whose access token is refused', () => {
  test('is repeated after a refresh, with its body', async () => {
    const auth = openTab();
    await auth.login(ADA);
    api.expire();
    const response = await auth.fetch('/notes', { method: 'POST', body: 'remember the milk' });
    expect(await response.json()).toEqual({ user: ADA.email, body: 'remember the milk' });
    expect(api.rotations()).toBe(1);
    expect(api.requests.at(-2)).toMatchObject({ route: 'POST /auth/refresh', body: '{}' });
    expect(api.requests.at(-2)!.headers['x-auth-transport']).toBe('cookie');
  });

  test('is repeated with a body that is a stream, or a Request of its own', async () => {
    const auth = openTab();
    await auth.login(ADA);
    for (const make of [
      (body: ReadableStream): [string | Request, RequestInit?] => ['/notes', { method: 'POST', body, duplex: 'half' }],
      (body: ReadableStream): [string | Request, RequestInit?] => [
        new Request(`${api.url}/notes`, { method: 'POST', body, duplex: 'half' }),
      ],
    ]) {
      api.expire();
      const stream = new Blob(['a stream']).stream() as ReadableStream;
      const response = await auth.fetch(...make(stream));
      expect(await response.json()).toEqual({ user: ADA.email, body: 'a stream' });
    }
    expect(api.rotations()).toBe(2);
  });

  test('is sent twice at most', async () => {
    const auth = openTab();
    await auth.login(ADA);
    api.instead.set('GET /notes', (_, response) => refuse(response, 401, 'token_expired'));
    const response = await auth.fetch('/notes');
    expect(await response.json()).toMatchObject({ code: 'token_expired' });
    expect([api.count('GET /notes'), api.count('POST /auth/refresh')]).toEqual([2, 1]);
  });

  test.each([
    ['a code that is about something else', 'wrong_answer', 'Bearer realm="api"'],
    ['another code, whatever the header says', 'invalid_credentials', 'Bearer error="invalid_token"'],
  ])('is given back as it is for %s', async (_, code, challenge) => {
    const auth = openTab();
    await auth.login(ADA);
    api.instead.set('GET /notes', (_, response) => refuse(response, 401, code, challenge));
    const response = await auth.fetch('/notes');
    expect(await response.json()).toMatchObject({ code });
    expect(api.count('POST /auth/refresh')).toBe(0);
  });

  test('is known by its header if a filter of the app leaves the code out', async () => {
    const auth = openTab();
    await auth.login(ADA);
    api.instead.set('GET /notes', (_, response) => {
      api.instead.delete('GET /notes');
      response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end('<h1>Unauthorized</h1>');
    });
    expect((await auth.fetch('/notes')).status).toBe(200);
    expect(api.rotations()).toBe(1);
  });

  test('is told apart from an answer that goes on and on, which is given back at once', async () => {
    api.instead.set('GET /notes', (_, response) => response.writeHead(200).write('{"code":'));
    const controller = new AbortController();
    const response = await openTab().fetch('/notes', { signal: controller.signal });
    expect(response.status).toBe(200);
    controller.abort();
  });

  test('is not refreshed when a proxy in front asks for a password', async () => {
    api.instead.set('GET /notes', (_, response) =>
      response.writeHead(401, { 'WWW-Authenticate': 'Basic' }).end('<h1>Who are you?</h1>'),
    );
    const response = await openTab().fetch('/notes');
    expect(await response.text()).toBe('<h1>Who are you?</h1>');
    expect(api.count('POST /auth/refresh')).toBe(0);
  });

  test('is not repeated as another user because a refresh of theirs has succeeded', async () => {
    const auth = openTab();
    await auth.login(ADA);
    let refuseOld = () => {};
    let renew = () => {};
    const reached = (route: string, handler: (response: Parameters<typeof json>[0]) => void) =>
      new Promise<void>((resolve) => {
        api.instead.set(route, (_, response) => {
          api.instead.delete(route);
          handler(response);
          resolve();
        });
      });
    const sent = reached('POST /notes', (response) => {
      refuseOld = () => refuse(response, 401, 'token_expired');
    });
    const old = auth.fetch('/notes', { method: 'POST', body: 'of Ada' });
    await sent;
    await auth.login({ ...ADA, email: 'bob@example.org' });
    void reached('GET /notes', (response) => refuse(response, 401, 'token_expired'));
    const asked = reached('POST /auth/refresh', (response) => {
      renew = () => json(response, 200, { expires_in: 900 });
    });
    const next = auth.fetch('/notes');
    await asked;
    refuseOld();
    await settle();
    renew();
    expect(await (await next).json()).toMatchObject({ user: 'bob@example.org' });
    expect((await old).status).toBe(401);
    expect(api.count('POST /notes')).toBe(1);
  });

  test('is not repeated as another user, who logged in meanwhile', async () => {
    const [one, two] = [openTab(), openTab()];
    await one.login(ADA);
    api.expire();
    await settle(5);
    api.instead.set('POST /notes', async (_, response) => {
      api.instead.delete('POST /notes');
      await two.login({ ...ADA, email: 'bob@example.org' });
      refuse(response, 401, 'token_expired');
    });
    const response = await one.fetch('/notes', { method: 'POST', body: 'of Ada' });
    expect(response.status).toBe(401);
    expect([api.count('POST /notes'), api.rotations()]).toEqual([1, 0]);
    expect(await (await one.fetch('/notes')).json()).toMatchObject({ user: 'bob@example.org' });
  });
});

describe('ten tabs', () => {
  test('refresh once together, round after round', async () => {
    const tabs = openTabs(10);
    await tabs[0]!.login(ADA);
    for (let round = 1; round <= 20; round += 1) {
      await settle(2);
      api.expire();
      const responses = await Promise.all(tabs.flatMap((tab) => [tab.fetch('/notes'), tab.fetch('/notes')]));
      expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200));
      expect([api.rotations(), api.repeats()]).toEqual([round, 0]);
    }
  });

  test('do not refresh again if the lock is free because another tab has just finished', async () => {
    const [late, early] = [openTab(), openTab()];
    await early.login(ADA);
    await settle(5);
    api.expire();
    api.instead.set('GET /notes', async (_, response) => {
      api.instead.delete('GET /notes');
      // The other tab's refresh begins and ends before this tab hears of its refusal.
      await early.fetch('/notes');
      refuse(response, 401, 'token_expired');
    });
    expect((await late.fetch('/notes')).status).toBe(200);
    expect(api.rotations()).toBe(1);
  });

  test('of a browser without locks work by the grace of the server', async () => {
    browser.leave();
    browser = enterBrowser(api.url, { locks: false });
    const tabs = openTabs(10);
    await tabs[0]!.login(ADA);
    api.expire();
    const responses = await Promise.all(tabs.map((tab) => tab.fetch('/notes')));
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(api.rotations() + api.repeats()).toBe(10);
  });

  test('of a browser without locks refresh once each, also for a request that is refused later', async () => {
    browser.leave();
    browser = enterBrowser(api.url, { locks: false });
    const auth = openTab();
    await auth.login(ADA);
    api.expire();
    api.instead.set('GET /notes', async (_, response) => {
      api.instead.delete('GET /notes');
      await auth.fetch('/notes');
      refuse(response, 401, 'token_expired');
    });
    expect((await auth.fetch('/notes')).status).toBe(200);
    expect(api.count('POST /auth/refresh')).toBe(1);
  });

  test('are told once each that the session has ended', async () => {
    const tabs = openTabs(10);
    const ends = tabs.map(endsOf);
    await tabs[0]!.login(ADA);
    api.revoke();
    const responses = await Promise.all(tabs.map((tab) => tab.fetch('/notes')));
    await settle();
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(401));
    expect(ends).toEqual(Array(10).fill(['session_revoked']));
  });

  test('are told of a logout in one of them, and of the next one after a login', async () => {
    const tabs = openTabs(10);
    const ends = tabs.map(endsOf);
    for (const times of [1, 2]) {
      await tabs[0]!.login(ADA);
      await settle();
      await tabs[1]!.logout();
      await settle();
      expect(ends).toEqual(Array(10).fill(Array(times).fill('logout')));
    }
    expect((await tabs[2]!.fetch('/notes')).status).toBe(401);
    await settle();
    expect(ends[2]).toHaveLength(2);
  });

  test('hold a mark for a while, and not for ever', async () => {
    const auth = openTab();
    await auth.login(ADA);
    expect(browser.locks.held()).toEqual([expect.stringMatching(/^nest-auth:http:.*\/auth\/#\d+login$/)]);
    browser.elapse();
    await settle();
    expect(browser.locks.held()).toEqual([]);
  });
});

describe('the end of a session', () => {
  test('is not told to a visitor who never logged in', async () => {
    const auth = openTab();
    const ends = endsOf(auth);
    expect((await auth.fetch('/notes')).status).toBe(401);
    expect(ends).toEqual([]);
  });

  test('is told when cookies that were there are gone', async () => {
    const auth = openTab();
    const ends = endsOf(auth);
    await auth.login(ADA);
    browser.jar.clear();
    expect((await auth.fetch('/notes')).status).toBe(401);
    expect(ends).toEqual(['missing_token']);
  });

  test('is not told to a listener that has unsubscribed', async () => {
    const auth = openTab();
    const ends: string[] = [];
    auth.on('session-ended', (reason) => ends.push(reason))();
    await auth.login(ADA);
    await auth.logout();
    await settle();
    expect(ends).toEqual([]);
  });
});

describe('a refresh that fails', () => {
  test.each([
    ['store_unavailable', 503],
    ['too_many_attempts', 429],
  ])('with %s is the failure of the request, and the session goes on', async (code, status) => {
    const auth = openTab();
    const ends = endsOf(auth);
    await auth.login(ADA);
    await settle(2);
    api.expire();
    api.instead.set('POST /auth/refresh', (_, response) =>
      refuse(response.setHeader('Retry-After', '7'), status, code),
    );
    const error = await failureOf(auth.fetch('/notes'));
    expect(error).toMatchObject({ code, status, retryAfter: 7, message: `Refused: ${code}.` });
    api.instead.clear();
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
    await settle(2);
    api.expire();
    api.instead.set('POST /auth/refresh', handler);
    expect(await failureOf(auth.fetch('/notes'))).toMatchObject({ code, status });
    expect(ends).toEqual([]);
  });

  test('is asked for once by all requests of a tab, and each of them fails', async () => {
    const auth = openTab();
    await auth.login(ADA);
    await settle(2);
    api.expire();
    api.instead.set('POST /auth/refresh', (_, response) => refuse(response, 503, 'store_unavailable'));
    const failures = await Promise.all(Array.from({ length: 10 }, () => failureOf(auth.fetch('/notes'))));
    expect(failures.map(({ code }) => code)).toEqual(Array(10).fill('store_unavailable'));
    expect(api.count('POST /auth/refresh')).toBe(1);
  });

  test('to answer at all frees the lock after the timeout', async () => {
    const [one, two] = [openTab({ timeout: 150 }), openTab({ timeout: 5000 })];
    await one.login(ADA);
    await settle(2);
    api.expire();
    api.instead.set('POST /auth/refresh', () => {});
    const first = failureOf(one.fetch('/notes'));
    await settle();
    api.instead.clear();
    expect((await two.fetch('/notes')).status).toBe(200);
    expect((await first).code).toBe('no_answer');
  });

  test('to answer one tab is not waited for by the others for longer than the timeout', async () => {
    const [one, two] = [openTab({ timeout: 60_000 }), openTab({ timeout: 100 })];
    await one.login(ADA);
    await settle(2);
    api.expire();
    api.instead.set('POST /auth/refresh', () => {});
    const first = one.fetch('/notes').catch(() => {});
    await settle();
    expect((await failureOf(two.fetch('/notes'))).code).toBe('no_answer');
    await api.close();
    await first;
  });
});

test('a caller that aborts stops waiting at once, and the refresh goes on for the others', async () => {
  const auth = openTab();
  await auth.login(ADA);
  await settle(2);
  api.expire();
  let answer = () => {};
  const asked = new Promise<void>((resolve) => {
    api.instead.set('POST /auth/refresh', (_, response) => {
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
  api.instead.set('GET /notes', (_, response) => json(response, 200, {}));
  answer();
  expect((await other).status).toBe(200);
  expect(api.count('POST /auth/refresh')).toBe(1);
});

describe.each([
  ['in another tab', true],
  ['in a browser without locks', false],
])('while a refresh is under way %s', (_, locks) => {
  beforeEach(() => {
    browser.leave();
    browser = enterBrowser(api.url, { locks });
  });
  const openTwo = () => {
    const tab = openTab();
    return [tab, locks ? openTab() : tab] as const;
  };
  const hold = () => {
    let answer = () => {};
    const asked = new Promise<void>((resolve) => {
      api.instead.set('POST /auth/refresh', (_, response) => {
        api.instead.clear();
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
    await settle(2);
    api.expire();
    const refresh = hold();
    const old = one.fetch('/notes');
    await refresh.asked;
    const login = two.login({ ...ADA, email: 'bob@example.org' });
    await settle();
    expect(api.count('POST /auth/login')).toBe(1);
    refresh.answer();
    await Promise.all([old, login]);
    expect(await (await one.fetch('/notes')).json()).toMatchObject({ user: 'bob@example.org' });
  });

  test('a logout waits for it, and logged out stays logged out', async () => {
    const [one, two] = openTwo();
    await one.login(ADA);
    await settle(2);
    api.expire();
    const refresh = hold();
    const old = one.fetch('/notes');
    await refresh.asked;
    const logout = two.logout();
    await settle();
    refresh.answer();
    await Promise.all([old, logout]);
    expect(browser.jar.size).toBe(0);
    expect((await one.fetch('/notes')).status).toBe(401);
  });
});

test('an unknown page behind url is named as such, without its text', async () => {
  api.instead.set('POST /auth/login', (_, response, body) => response.writeHead(502).end(`<pre>${body}</pre>`));
  const error = await failureOf(openTab().login(ADA));
  expect(error).toMatchObject({ code: 'unexpected_answer', status: 502 });
  expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(ADA.password);
});

describe('tokens in a storage that tabs share', () => {
  const tokens = (n: number) => ({ access_token: `a${n}`, refresh_token: `r${n}`, expires_in: 900 });
  const sharedStorage = () => {
    let kept: string | null = null;
    return {
      shared: true,
      get: async () => (kept ? JSON.parse(kept) : null),
      set: async (value: object | null) => {
        kept = value && JSON.stringify(value);
      },
    };
  };
  let present = 0;
  beforeEach(() => {
    present = 0;
    api.instead.set('POST /auth/login', (_, response) => json(response, 200, tokens(present)));
    api.instead.set('POST /auth/refresh', (_, response) => {
      present += 1;
      json(response, 200, tokens(present));
    });
    api.instead.set('GET /notes', ({ headers }, response) =>
      headers.authorization === `Bearer a${present}` ? json(response, 200, {}) : refuse(response, 401, 'token_expired'),
    );
  });

  test('are refreshed once for ten tabs, and a logout reaches them all', async () => {
    const storage = sharedStorage();
    const tabs = Array.from({ length: 10 }, () => openTab({ transport: bearer(storage) }));
    const ends = tabs.map(endsOf);
    await tabs[0]!.login(ADA);
    present = 7;
    const responses = await Promise.all(tabs.map((tab) => tab.fetch('/notes')));
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(api.count('POST /auth/refresh')).toBe(1);
    await tabs[0]!.logout();
    await settle();
    expect(ends).toEqual(Array(10).fill(['logout']));
    expect(await storage.get()).toBeNull();
  });

  test('are not shared unless the storage says so', async () => {
    const tabs = [openTab({ transport: bearer() }), openTab({ transport: bearer() })];
    const ends = tabs.map(endsOf);
    await Promise.all(tabs.map((tab) => tab.login(ADA)));
    await tabs[0]!.logout();
    await settle();
    expect(ends).toEqual([['logout'], []]);
    expect((await tabs[1]!.fetch('/notes')).status).toBe(200);
  });
});
