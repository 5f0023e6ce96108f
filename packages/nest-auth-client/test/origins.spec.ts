import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AuthClientError, bearer, createAuthClient } from '@acme/nest-auth-client';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type Api, json, refuse, startApi } from './support/api-server.js';

const ADA = { email: 'ada@example.org', password: 'a fine long passphrase' };
const TOKENS = { access_token: 'the-access-token', refresh_token: 'the-refresh-token', expires_in: 900 };

let api: Api;
let other: Awaited<ReturnType<typeof startOther>>;
beforeEach(async () => {
  [api, other] = await Promise.all([startApi(), startOther()]);
  api.instead.set('POST /auth/login', (_, response) => json(response, 200, TOKENS));
  api.instead.set('GET /notes', (_, response) => json(response, 200, {}));
});
afterEach(() => Promise.all([api.close(), other.close()]));

/** Another site, and the requests that it receives. */
async function startOther() {
  const seen: { headers: IncomingMessage['headers']; body: string }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push({ headers: request.headers, body });
    json(response, 200, {});
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    close: () => new Promise((closed) => server.closeAllConnections() ?? server.close(closed)),
  };
}

async function loggedIn(options = {}) {
  const auth = createAuthClient({ url: `${api.url}/auth`, transport: bearer(), ...options });
  await auth.login(ADA);
  return auth;
}

describe('the access token', () => {
  test('goes to the origin of url, however the request is written', async () => {
    const auth = await loggedIn();
    await auth.fetch('/notes');
    await auth.fetch(new URL(`${api.url}/notes`));
    await auth.fetch(new Request(`${api.url}/notes`));
    const sent = api.requests.filter(({ route }) => route === 'GET /notes').map(({ headers }) => headers.authorization);
    expect(sent).toEqual(Array(3).fill('Bearer the-access-token'));
  });

  test('goes nowhere else, and the request is a plain one', async () => {
    const auth = await loggedIn();
    await auth.fetch(`${other.url}/notes`);
    await auth.fetch(new Request(`${other.url}/notes`));
    expect(other.seen.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
  });

  test('goes to a further origin that is named', async () => {
    const auth = await loggedIn({ origins: [other.url] });
    await auth.fetch(`${other.url}/notes`);
    expect(other.seen[0]!.headers.authorization).toBe('Bearer the-access-token');
  });

  test('does not follow a redirect to another origin', async () => {
    const auth = await loggedIn();
    api.instead.set('GET /notes', (_, response) => response.writeHead(307, { Location: `${other.url}/` }).end());
    expect((await auth.fetch('/notes')).redirected).toBe(true);
    expect(other.seen).toHaveLength(1);
    expect(other.seen[0]!.headers.authorization).toBeUndefined();
  });

  test('does not replace an Authorization header of the app', async () => {
    const auth = await loggedIn();
    await auth.fetch('/notes', { headers: { Authorization: 'Basic YTpi' } });
    expect(api.requests.at(-1)!.headers.authorization).toBe('Basic YTpi');
  });
});

describe('a redirect to another origin', () => {
  const redirect = (route: string) =>
    api.instead.set(route, (_, response) => response.writeHead(307, { Location: `${other.url}/` }).end());

  test('does not carry a password along', async () => {
    redirect('POST /auth/login');
    const auth = createAuthClient({ url: `${api.url}/auth`, transport: bearer() });
    await expect(auth.login(ADA)).rejects.toMatchObject({ code: 'no_answer' });
    expect(other.seen).toEqual([]);
  });

  test('does not carry a refresh token along', async () => {
    const auth = await loggedIn();
    redirect('POST /auth/refresh');
    api.instead.set('GET /notes', (_, response) => refuse(response, 401, 'token_expired'));
    await expect(auth.fetch('/notes')).rejects.toMatchObject({ code: 'no_answer' });
    expect(other.seen).toEqual([]);
  });
});

describe('a logout that nobody answers', () => {
  test('forgets the tokens, tells the end, and fails', async () => {
    const auth = await loggedIn();
    const ends: string[] = [];
    auth.on('session-ended', (reason) => ends.push(reason));
    api.instead.set('POST /auth/logout', (_, response) => response.destroy());
    await expect(auth.logout()).rejects.toMatchObject({ code: 'no_answer', status: 0 });
    expect(ends).toEqual(['logout']);
    await auth.fetch('/notes');
    expect(api.requests.at(-1)!.headers.authorization).toBeUndefined();
  });

  test('of cookies tells no end: they are still there', async () => {
    const auth = createAuthClient({ url: `${api.url}/auth` });
    const ends: string[] = [];
    auth.on('session-ended', (reason) => ends.push(reason));
    api.instead.set('POST /auth/logout', (_, response) => response.destroy());
    await expect(auth.logout()).rejects.toMatchObject({ code: 'no_answer' });
    expect(ends).toEqual([]);
  });
});

test('an error of any kind repeats no token, password or body', async () => {
  const auth = await loggedIn();
  const failures: unknown[] = [];
  for (const break_ of [
    (route: string) => api.instead.set(route, (_, response) => response.destroy()),
    (route: string) =>
      api.instead.set(route, (request, response, body) =>
        response.writeHead(500).end(JSON.stringify({ body, headers: request.headers })),
      ),
    (route: string) =>
      api.instead.set(route, (request, response, body) =>
        response.writeHead(200).end(`${body}${request.headers.authorization}`),
      ),
  ]) {
    for (const route of ['POST /auth/login', 'POST /auth/password']) break_(route);
    await auth.login(ADA).catch((error) => failures.push(error));
    await auth
      .changePassword({ current_password: ADA.password, new_password: 'another-secret' })
      .catch((error) => failures.push(error));
  }
  expect(failures).toHaveLength(6);
  const { inspect } = await import('node:util');
  for (const error of failures) {
    expect(error).toBeInstanceOf(AuthClientError);
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(
      /fine long|another-secret|the-access|the-refresh/,
    );
  }
});
