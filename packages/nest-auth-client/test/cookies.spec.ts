import { describe, expect, test } from '@jest/globals';
import { json, refuse } from './support/api-server.js';
import { ADA, browserOnApi, failureOf, openTab, wait } from './support/tabs.js';

const page = browserOnApi();

describe('a login', () => {
  test('asks for cookies, and answers without tokens', async () => {
    expect(await openTab().login({ ...ADA, remember: false })).toEqual({ expires_in: 900 });
    const [request] = page.api.requests;
    expect(request!.headers['x-auth-transport']).toBe('cookie');
    expect(request!.headers['content-type']).toBe('application/json');
    expect(JSON.parse(request!.body)).toEqual({ ...ADA, remember: false });
  });

  test('that is held up answers with a challenge, and the next step ends it', async () => {
    const auth = openTab();
    const answer = await auth.login({ ...ADA, password: 'held' });
    if (!('challenge' in answer)) throw new Error('There was no challenge.');
    expect(answer.challenge).toBe('totp');
    expect([page.browser.jar.size, page.browser.locks.held()]).toEqual([0, []]);
    await auth.login({ challenge_token: answer.challenge_token, code: '123456' }, 'totp');
    expect((await auth.fetch('/notes')).status).toBe(200);
  });

  test('at an API of another origin keeps its cookies', async () => {
    page.enter({ origin: 'https://app.example.org' });
    const auth = openTab({ url: `${page.api.url}/auth` });
    await auth.login(ADA);
    expect((await auth.fetch('/notes')).status).toBe(200);
  });

  test('whose page is refused a lock for its mark ends all the same, and holds up no other tab', async () => {
    const { request } = page.browser.locks;
    page.browser.locks.request = (name, options, work) =>
      options.mode ? Promise.reject(new Error('The page is not active.')) : request(name, options, work);
    expect(await openTab().login(ADA)).toEqual({ expires_in: 900 });
    await openTab().logout();
    expect(page.browser.locks.held()).toEqual([]);
  });

  test('with a wrong password is an error, and not a reason to refresh', async () => {
    const error = await failureOf(openTab().login({ ...ADA, password: 'wrong' }));
    expect(error).toMatchObject({ name: 'AuthClientError', code: 'invalid_credentials', status: 401 });
    expect(page.api.count('POST /auth/refresh')).toBe(0);
  });

  test('that is answered with tokens fails: the server sets no cookies', async () => {
    page.api.instead.set('POST /auth/login', (_, response) =>
      json(response, 200, { access_token: 'a', expires_in: 900 }),
    );
    expect((await failureOf(openTab().login(ADA))).code).toBe('unexpected_answer');
  });
});

test('a registration that waits is told to the page, and is no login', async () => {
  const auth = openTab();
  page.api.instead.set('POST /auth/register', (_, response) => json(response, 202, { pending: 'email_verification' }));
  expect(await auth.register(ADA)).toEqual({ pending: 'email_verification' });
  expect([page.browser.jar.size, page.browser.locks.held()]).toEqual([0, []]);
});

describe('a request whose access token is refused', () => {
  test('is repeated after a refresh, with its body', async () => {
    const auth = openTab();
    await auth.login(ADA);
    page.api.expire();
    const response = await auth.fetch('/notes', { method: 'POST', body: 'remember the milk' });
    expect(await response.json()).toEqual({ user: ADA.email, body: 'remember the milk' });
    expect(page.api.rotations()).toBe(1);
    expect(page.api.requests.at(-2)).toMatchObject({ route: 'POST /auth/refresh', body: '{}' });
    expect(page.api.requests.at(-2)!.headers['x-auth-transport']).toBe('cookie');
  });

  test('is repeated with a body that is a stream, or a Request of its own', async () => {
    const auth = openTab();
    await auth.login(ADA);
    for (const make of [
      (body: ReadableStream): [string | Request, RequestInit?] => ['/notes', { method: 'POST', body, duplex: 'half' }],
      (body: ReadableStream): [string | Request, RequestInit?] => [
        new Request(`${page.api.url}/notes`, { method: 'POST', body, duplex: 'half' }),
      ],
    ]) {
      page.api.expire();
      const stream = new Blob(['a stream']).stream() as ReadableStream;
      const response = await auth.fetch(...make(stream));
      expect(await response.json()).toEqual({ user: ADA.email, body: 'a stream' });
    }
    expect(page.api.rotations()).toBe(2);
  });

  test('is sent twice at most', async () => {
    const auth = openTab();
    await auth.login(ADA);
    page.api.instead.set('GET /notes', (_, response) => refuse(response, 401, 'token_expired'));
    const response = await auth.fetch('/notes');
    expect(await response.json()).toMatchObject({ code: 'token_expired' });
    expect([page.api.count('GET /notes'), page.api.count('POST /auth/refresh')]).toEqual([2, 1]);
  });

  test.each([
    ['a code that is about something else', 'wrong_answer', 'Bearer realm="api"'],
    ['another code, whatever the header says', 'invalid_credentials', 'Bearer error="invalid_token"'],
  ])('is given back as it is for %s', async (_, code, challenge) => {
    const auth = openTab();
    await auth.login(ADA);
    page.api.instead.set('GET /notes', (_, response) => refuse(response, 401, code, challenge));
    const response = await auth.fetch('/notes');
    expect(await response.json()).toMatchObject({ code });
    expect(page.api.count('POST /auth/refresh')).toBe(0);
  });

  test('is known by its header if a filter of the app leaves the code out', async () => {
    const auth = openTab();
    await auth.login(ADA);
    page.api.instead.set('GET /notes', (_, response) => {
      page.api.instead.delete('GET /notes');
      response.writeHead(401, { 'WWW-Authenticate': 'Bearer error="invalid_token"' }).end('<h1>Unauthorized</h1>');
    });
    expect((await auth.fetch('/notes')).status).toBe(200);
    expect(page.api.rotations()).toBe(1);
  });

  test('is not confused with an answer that never ends, which is given back at once', async () => {
    page.api.instead.set('GET /notes', (_, response) => response.writeHead(200).write('{"code":'));
    const controller = new AbortController();
    const response = await openTab().fetch('/notes', { signal: controller.signal });
    expect(response.status).toBe(200);
    controller.abort();
  });

  test('is not refreshed when a proxy in front asks for a password', async () => {
    page.api.instead.set('GET /notes', (_, response) =>
      response.writeHead(401, { 'WWW-Authenticate': 'Basic' }).end('<h1>Who are you?</h1>'),
    );
    const response = await openTab().fetch('/notes');
    expect(await response.text()).toBe('<h1>Who are you?</h1>');
    expect(page.api.count('POST /auth/refresh')).toBe(0);
  });

  test('is not repeated as another user because a refresh of theirs has succeeded', async () => {
    const auth = openTab();
    await auth.login(ADA);
    let refuseOld = () => {};
    let renew = () => {};
    const reached = (route: string, handler: (response: Parameters<typeof json>[0]) => void) =>
      new Promise<void>((resolve) => {
        page.api.instead.set(route, (_, response) => {
          page.api.instead.delete(route);
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
    await wait();
    renew();
    expect(await (await next).json()).toMatchObject({ user: 'bob@example.org' });
    expect((await old).status).toBe(401);
    expect(page.api.count('POST /notes')).toBe(1);
  });

  test('is not repeated as another user, who logged in meanwhile', async () => {
    const [one, two] = [openTab(), openTab()];
    await one.login(ADA);
    page.api.expire();
    await wait(5);
    page.api.instead.set('POST /notes', async (_, response) => {
      page.api.instead.delete('POST /notes');
      await two.login({ ...ADA, email: 'bob@example.org' });
      refuse(response, 401, 'token_expired');
    });
    const response = await one.fetch('/notes', { method: 'POST', body: 'of Ada' });
    expect(response.status).toBe(401);
    expect([page.api.count('POST /notes'), page.api.rotations()]).toEqual([1, 0]);
    expect(await (await one.fetch('/notes')).json()).toMatchObject({ user: 'bob@example.org' });
  });
});

test('an unknown page behind url is named as such, without its text', async () => {
  page.api.instead.set('POST /auth/login', (_, response, body) => response.writeHead(502).end(`<pre>${body}</pre>`));
  const error = await failureOf(openTab().login(ADA));
  expect(error).toMatchObject({ code: 'unexpected_answer', status: 502 });
  expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(ADA.password);
});
