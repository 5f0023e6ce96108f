import { emailVerification } from '@acme/nest-auth/email-verification';
import { passwordReset } from '@acme/nest-auth/password-reset';
import { type AuthClient, AuthClientError, bearer, createAuthClient, type StoredTokens } from '@acme/nest-auth-client';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { startApp, type TestApp } from '../../nest-auth/test/support/app.js';

const ADA = { email: 'ada@example.org', password: 'a fine long passphrase' };

let app: TestApp;
beforeEach(async () => {
  app = await startApp();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await app.close();
});

/** A user's client, and its storage. */
function clientOf({ url }: Pick<TestApp, 'url'> = app) {
  const kept: { tokens: StoredTokens | null } = { tokens: null };
  const storage = {
    get: async () => kept.tokens,
    set: async (tokens: StoredTokens | null) => {
      kept.tokens = tokens;
    },
  };
  const auth = createAuthClient({ url: `${url}/auth`, transport: bearer(storage) });
  const ends: string[] = [];
  auth.on('session-ended', (reason) => ends.push(reason));
  return { auth, kept, ends };
}

async function registered() {
  const client = clientOf();
  await client.auth.register(ADA);
  return client;
}

async function failureOf(work: Promise<unknown>): Promise<AuthClientError> {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(AuthClientError);
  return error as AuthClientError;
}

/** Requests to a path, from now on. */
function counted(path: string): () => number {
  const spy = jest.spyOn(globalThis, 'fetch');
  return () => spy.mock.calls.filter(([input]) => (input as Request).url?.endsWith(path)).length;
}

const expireAccess = () => app.clock.advance(16 * 60);

describe('against the real library', () => {
  test('a login keeps the tokens in the storage and answers without them', async () => {
    await registered();
    const { auth, kept } = clientOf();
    expect(await auth.login(ADA)).toEqual({ expires_in: 900 });
    expect(kept.tokens).toEqual({
      access_token: expect.stringMatching(/^ey/),
      refresh_token: expect.stringMatching(/^nar_/),
      since: expect.any(Number),
    });
  });

  test('each method reaches its route', async () => {
    const { auth } = await registered();
    expect(await auth.me<{ email: string }>()).toMatchObject({ email: ADA.email, roles: [] });
    await auth.login(ADA);
    const sessions = await auth.sessions();
    expect(sessions.map(({ current }) => current).sort()).toEqual([false, true]);
    expect(await auth.endSession(sessions.find(({ current }) => !current)!.id)).toBeUndefined();
    expect(await auth.sessions()).toHaveLength(1);
    await auth.changePassword({ current_password: ADA.password, new_password: 'another long passphrase' });
    await auth.login({ ...ADA, password: 'another long passphrase' });
    expect(await auth.call('GET', 'me')).toMatchObject({ email: ADA.email });
  });

  test('a forgotten password is reset by the token of the mail', async () => {
    let deliver = (_text: string) => {};
    const mailed = new Promise<string>((resolve) => {
      deliver = resolve;
    });
    const mailer = { send: async ({ text }: { readonly text: string }) => deliver(text) };
    await app.close();
    app = await startApp({
      features: [passwordReset()],
      options: { mailer, passwordReset: { page: 'https://app.example.org/reset' } },
    });
    const { auth } = await registered();
    expect(await auth.forgotPassword({ email: ADA.email })).toBeUndefined();
    const [, token = ''] = /#token=([\w-]+)/.exec(await mailed) ?? [];
    await auth.resetPassword({ token, new_password: 'another long passphrase' });
    expect(await auth.login({ ...ADA, password: 'another long passphrase' })).toEqual({ expires_in: 900 });
  });

  test('a registration that waits for the verification keeps no tokens, and a login does once it is done', async () => {
    let deliver = (_text: string) => {};
    const mailed = new Promise<string>((resolve) => {
      deliver = resolve;
    });
    const mailer = { send: async ({ text }: { readonly text: string }) => deliver(text) };
    await app.close();
    app = await startApp({
      features: [emailVerification()],
      options: { mailer, emailVerification: { page: 'https://app.example.org/verify', required: true } },
    });
    const { auth, kept } = clientOf();
    const answer = await auth.register(ADA);
    expect('pending' in answer && answer.pending).toBe('email_verification');
    expect(kept.tokens).toBeNull();
    const [, token = ''] = /#token=([\w-]+)/.exec(await mailed) ?? [];
    await auth.call('POST', 'email/verify', { token });
    expect(await auth.login(ADA)).toEqual({ expires_in: 900 });
  });

  test('a request after the access token expired is refreshed and repeated with its body', async () => {
    const { auth, kept } = await registered();
    const before = kept.tokens;
    expireAccess();
    await auth.changePassword({ current_password: ADA.password, new_password: 'another long passphrase' });
    expect(kept.tokens!.refresh_token).not.toBe(before!.refresh_token);
    expect(kept.tokens!.since).toBe(before!.since);
  });

  test('ten requests at once are refreshed once', async () => {
    const { auth } = await registered();
    const refreshes = counted('/auth/refresh');
    expireAccess();
    const responses = await Promise.all(Array.from({ length: 10 }, () => auth.fetch('/auth/me')));
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(refreshes()).toBe(1);
  });

  test('a wrong password is an error with its code, and no reason to refresh', async () => {
    const { auth, ends } = await registered();
    const refreshes = counted('/auth/refresh');
    const wrong = { ...ADA, password: 'a wrong long passphrase' };
    expect(await failureOf(auth.login(wrong))).toMatchObject({ code: 'invalid_credentials', status: 401 });
    const change = { current_password: wrong.password, new_password: 'another long passphrase' };
    expect(await failureOf(auth.changePassword(change))).toMatchObject({ code: 'wrong_password', status: 403 });
    expect(await auth.me()).toMatchObject({ email: ADA.email });
    expect([refreshes(), ends]).toEqual([0, []]);
  });

  test('a malformed body names the field at fault', async () => {
    const { auth } = clientOf();
    expect(await failureOf(auth.login({ email: ADA.email }))).toMatchObject({
      code: 'invalid_request',
      status: 400,
      field: 'password',
    });
  });

  test('a session that was ended elsewhere is told with its code, and its tokens are forgotten', async () => {
    const { auth, kept, ends } = await registered();
    const other = clientOf();
    await other.auth.login(ADA);
    await other.auth.logoutAll();
    expect(other.ends).toEqual(['logout']);
    expect(await failureOf(auth.me())).toMatchObject({ code: 'token_revoked', status: 401 });
    expect([kept.tokens, ends]).toEqual([null, ['session_revoked']]);
  });

  test('after a logout the server refuses the tokens, and the client has none', async () => {
    const { auth, kept, ends } = await registered();
    const { access_token } = kept.tokens!;
    await auth.logout();
    expect([kept.tokens, ends]).toEqual([null, ['logout']]);
    await app.as(access_token).get('/auth/me').expect(401);
    expect(await failureOf(auth.me())).toMatchObject({ code: 'missing_token' });
  });

  test('a logout-all with an expired access token ends the session all the same', async () => {
    const { auth, kept, ends } = await registered();
    expireAccess();
    await auth.logoutAll();
    expect([kept.tokens, ends]).toEqual([null, ['logout']]);
  });

  test('a store that fails during a refresh does not end the session', async () => {
    const { auth, kept, ends } = await registered();
    expireAccess();
    jest.spyOn(app.sessionStore, 'advance').mockRejectedValueOnce(new Error('The database is down.'));
    expect(await failureOf(auth.fetch('/auth/me'))).toMatchObject({
      code: 'store_unavailable',
      status: 503,
      retryAfter: expect.any(Number),
    });
    expect(kept.tokens).not.toBeNull();
    expect(await auth.me()).toMatchObject({ email: ADA.email });
    expect(ends).toEqual([]);
  });

  test('two clients in one process are two users', async () => {
    const [ada, bob] = [await registered(), clientOf()];
    await bob.auth.register({ ...ADA, email: 'bob@example.org' });
    expireAccess();
    const users = await Promise.all([ada, bob].map(({ auth }) => auth.me<{ email: string }>()));
    expect(users.map(({ email }) => email)).toEqual([ADA.email, 'bob@example.org']);
    await ada.auth.logout();
    expect([ada.ends, bob.ends]).toEqual([['logout'], []]);
    expect((await bob.auth.fetch('/auth/me')).status).toBe(200);
  });
});

describe('a refresh whose answer comes late', () => {
  /** Holds the next refresh until the test releases it. */
  function heldRefresh(auth: AuthClient) {
    const plain = globalThis.fetch;
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = () => {};
    const isAsked = new Promise<void>((resolve) => {
      asked = resolve;
    });
    jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      const response = await plain(input, init);
      if ((input as Request).url.endsWith('/auth/refresh')) {
        asked();
        await released;
      }
      return response;
    });
    expireAccess();
    return { request: auth.fetch('/auth/me'), isAsked, release };
  }

  test('does not replace the tokens of another client that logged in on the same storage', async () => {
    const { auth, kept } = await registered();
    const { request, isAsked, release } = heldRefresh(auth);
    await isAsked;
    const newer = { access_token: 'newer', refresh_token: 'newer', since: 1 };
    kept.tokens = newer;
    release();
    expect((await request).status).toBe(401);
    expect(kept.tokens).toEqual(newer);
  });

  test('does not end the session of another client that logged in on the same storage', async () => {
    const { auth, kept, ends } = await registered();
    const other = clientOf();
    await other.auth.login(ADA);
    await other.auth.logoutAll();
    const { request, isAsked, release } = heldRefresh(auth);
    await isAsked;
    const newer = { access_token: 'newer', refresh_token: 'newer', since: 1 };
    kept.tokens = newer;
    release();
    expect((await request).status).toBe(401);
    expect([kept.tokens, ends]).toEqual([newer, []]);
  });

  test('does not send a request again as another user, who logged in on the same storage', async () => {
    const { auth, kept } = await registered();
    const other = clientOf();
    const { request, isAsked, release } = heldRefresh(auth);
    await isAsked;
    await other.auth.register({ ...ADA, email: 'bob@example.org' });
    kept.tokens = { ...other.kept.tokens!, since: kept.tokens!.since! + 1 };
    release();
    expect((await request).status).toBe(401);
    expect((await auth.me<{ email: string }>()).email).toBe('bob@example.org');
  });

  test('does not log a user in again who has logged out', async () => {
    const { auth, kept } = await registered();
    const { request, isAsked, release } = heldRefresh(auth);
    await isAsked;
    const logout = auth.logout();
    release();
    await Promise.all([request, logout]);
    expect(kept.tokens).toBeNull();
  });
});
