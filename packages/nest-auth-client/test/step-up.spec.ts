import { AuthClientError, bearer, createAuthClient, type StoredTokens, stepUp } from '@acme/nest-auth-client';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startApp, type TestApp } from '../../nest-auth/test/support/app.js';
import { RecentKeysController } from '../../nest-auth/test/support/recent-keys.js';
import { json, refuse } from './support/api-server.js';
import { ADA, browserOnApi, failureOf, openTab } from './support/tabs.js';

const CODE = 'insufficient_user_authentication';

const codeOf = async (response: Response) => ((await response.json()) as { readonly code?: string }).code;

describe('against the real library', () => {
  let app: TestApp;
  beforeEach(async () => {
    app = await startApp({ controllers: [RecentKeysController] });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await app.close();
  });

  /** A user whose login is ten minutes old. */
  async function userOfOldLogin() {
    const kept: { tokens: StoredTokens | null } = { tokens: null };
    const storage = {
      get: () => kept.tokens,
      set: (tokens: StoredTokens | null) => {
        kept.tokens = tokens;
      },
    };
    const client = createAuthClient({ url: `${app.url}/auth`, transport: bearer(storage) });
    await client.register(ADA);
    app.clock.advance(10 * 60);
    return { client, kept };
  }

  function counted(path: string): () => number {
    const spy = jest.spyOn(globalThis, 'fetch');
    return () => spy.mock.calls.filter(([input]) => (input as Request).url?.endsWith(path)).length;
  }

  test('a login that is too old causes no refresh', async () => {
    const { client } = await userOfOldLogin();
    const refreshes = counted('/auth/refresh');
    const response = await client.fetch('/keys');
    expect([response.status, await codeOf(response)]).toEqual([401, CODE]);
    expect(await failureOf(client.call('GET', '../keys'))).toMatchObject({ code: CODE, status: 401 });
    expect(refreshes()).toBe(0);
  });

  test('confirm makes it recent, and leaves the refresh token as it is', async () => {
    const { client, kept } = await userOfOldLogin();
    const before = kept.tokens;
    expect(await client.confirm(ADA.password)).toEqual({ expires_in: 900 });
    expect(kept.tokens).toMatchObject({ refresh_token: before?.refresh_token, since: before?.since });
    expect(kept.tokens?.access_token).not.toBe(before?.access_token);
    expect((await client.fetch('/keys')).status).toBe(200);
    app.clock.advance(16 * 60);
    expect((await client.fetch('/auth/me')).status).toBe(200);
  });

  test('confirm refreshes first if the access token has expired meanwhile', async () => {
    const { client } = await userOfOldLogin();
    app.clock.advance(16 * 60);
    await client.confirm(ADA.password);
    expect((await client.fetch('/keys')).status).toBe(200);
  });

  test("without a lock, a login that comes first is not mixed with the confirmation's token", async () => {
    const { client, kept } = await userOfOldLogin();
    const other = { access_token: 'a', refresh_token: 'r', since: 1 };
    const plain = globalThis.fetch;
    jest.spyOn(globalThis, 'fetch').mockImplementationOnce(async (...sent) => {
      const response = await plain(...sent);
      kept.tokens = other;
      return response;
    });
    await client.confirm(ADA.password);
    expect(kept.tokens).toBe(other);
  });

  test('a wrong password is told, and changes nothing', async () => {
    const { client, kept } = await userOfOldLogin();
    const before = kept.tokens;
    expect(await failureOf(client.confirm('not the right passphrase'))).toMatchObject({ code: 'wrong_password' });
    expect(kept.tokens).toBe(before);
  });

  test('with stepUp the user is asked, and the request is repeated with its body', async () => {
    const { client } = await userOfOldLogin();
    const ask = jest.fn(async () => Boolean(await client.confirm(ADA.password)));
    const auth = stepUp(client, ask);
    const body = JSON.stringify({ name: 'ci' });
    const headers = { 'content-type': 'application/json' };
    expect(await (await auth.fetch('/keys', { method: 'POST', headers, body })).json()).toEqual({ name: 'ci' });
    app.clock.advance(10 * 60);
    const request = new Request(`${app.url}/keys`, { method: 'POST', headers, body });
    expect(await (await auth.fetch(request)).json()).toEqual({ name: 'ci' });
    app.clock.advance(10 * 60);
    const stream = new Blob([body]).stream();
    const streamed = await auth.fetch('/keys', {
      method: 'POST',
      headers,
      body: stream,
      duplex: 'half',
    } as RequestInit);
    expect(await streamed.json()).toEqual({ name: 'ci' });
    app.clock.advance(10 * 60);
    expect(await auth.call('GET', '../keys')).toEqual(['k1']);
    expect(ask).toHaveBeenCalledTimes(4);
  });

  test('with stepUp ten requests that are refused at once ask once', async () => {
    const { client } = await userOfOldLogin();
    const ask = jest.fn(async () => Boolean(await client.confirm(ADA.password)));
    const auth = stepUp(client, ask);
    const answers = await Promise.all(Array.from({ length: 10 }, () => auth.fetch('/keys')));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(ask).toHaveBeenCalledTimes(1);
    app.clock.advance(10 * 60);
    expect((await auth.fetch('/keys')).status).toBe(200);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  test('with stepUp a user who gives up gets the refusal, and is asked again next time', async () => {
    const { client } = await userOfOldLogin();
    const ask = jest.fn(async () => false);
    const auth = stepUp(client, ask);
    expect(await codeOf(await auth.fetch('/keys'))).toBe(CODE);
    expect(await failureOf(auth.call('GET', '../keys'))).toMatchObject({ code: CODE });
    expect(ask).toHaveBeenCalledTimes(2);
  });

  test('with stepUp everything else is as it was', async () => {
    const { client } = await userOfOldLogin();
    const ask = jest.fn(async () => true);
    const auth = stepUp(client, ask);
    expect((await auth.fetch('/auth/me')).status).toBe(200);
    expect((await auth.fetch('/nowhere')).status).toBe(404);
    expect(await failureOf(auth.call('GET', '../nowhere'))).toBeInstanceOf(AuthClientError);
    expect(ask).not.toHaveBeenCalled();
  });
});

describe('in a browser', () => {
  const page = browserOnApi();
  const challenge = `Bearer realm="api", error="${CODE}", error_description="Prove again.", max_age="300"`;

  test('stepUp repeats once: a second refusal is the answer', async () => {
    const client = openTab();
    await client.login(ADA);
    const ask = jest.fn(async () => true);
    page.api.instead.set('GET /notes', (_, response) => refuse(response, 401, CODE, challenge));
    expect((await stepUp(client, ask).fetch('/notes')).status).toBe(401);
    expect([ask.mock.calls.length, page.api.count('GET /notes')]).toEqual([1, 2]);
    expect(page.api.count('POST /auth/refresh')).toBe(0);
  });

  test("a refusal by a filter of the app's own, without a code, is known by its challenge", async () => {
    const client = openTab();
    await client.login(ADA);
    const ask = jest.fn(async () => false);
    page.api.instead.set('GET /notes', (_, response) =>
      json(response.setHeader('WWW-Authenticate', challenge), 401, { message: 'no' }),
    );
    expect((await stepUp(client, ask).fetch('/notes')).status).toBe(401);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(page.api.count('POST /auth/refresh')).toBe(0);
  });

  test('a request that was sent before the confirmation and refused after it asks nobody again', async () => {
    const client = openTab();
    await client.login(ADA);
    const held: (() => void)[] = [];
    let answered = 0;
    page.api.instead.set('GET /notes', (_, response) => {
      answered += 1;
      if (answered === 1) return refuse(response, 401, CODE, challenge);
      if (answered === 2) return held.push(() => refuse(response, 401, CODE, challenge));
      return json(response, 200, {});
    });
    const ask = jest.fn(async () => true);
    const auth = stepUp(client, ask);
    const first = auth.fetch('/notes');
    const late = auth.fetch('/notes');
    expect((await first).status).toBe(200);
    for (const release of held) release();
    expect((await late).status).toBe(200);
    expect(ask).toHaveBeenCalledTimes(1);
  });

  test('confirm renews the cookies of all tabs, and is sent with the session', async () => {
    const client = openTab();
    await client.login(ADA);
    page.api.instead.set('POST /auth/confirm', (_, response) => json(response, 200, { expires_in: 900 }));
    expect(await client.confirm(ADA.password)).toEqual({ expires_in: 900 });
    const sent = page.api.requests.find(({ route }) => route === 'POST /auth/confirm');
    expect(sent?.headers).toMatchObject({ cookie: expect.stringContaining('access='), 'x-auth-transport': 'cookie' });
    expect(JSON.parse(sent?.body ?? '')).toEqual({ password: ADA.password });
  });
});
