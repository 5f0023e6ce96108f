import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Authenticated, CurrentUser } from '@acme/nest-auth';
import { createAuthDocument } from '@acme/nest-auth/openapi';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { DocumentBuilder } from '@nestjs/swagger';
import type { Response } from 'supertest';
import { PIN } from '../../support/pin.js';
import {
  BROWSER,
  comeBack,
  FEATURES,
  type Kind,
  kinds,
  startWorld,
  type Tokens,
  tokensOf,
  VERIFIER,
  WITHOUT_ROUTES,
  type World,
} from '../../support/token-kinds.js';

@Controller('doors')
class Doors {
  @Get('plain')
  plain(@CurrentUser('id') id: string) {
    return { id };
  }
  @Authenticated('api-key')
  @Get('key')
  key(@CurrentUser('id') id: string) {
    return { id };
  }
  @Authenticated('jwt', 'api-key')
  @Get('either')
  either(@CurrentUser('id') id: string) {
    return { id };
  }
}

/** A place to which a token of some kind may be sent, with the other values that the place requires. */
interface Place {
  readonly name: string;
  readonly route: string;
  readonly takes: readonly Kind[];
  readonly send: (token: string, world: World, tokens: Tokens) => PromiseLike<Response>;
}

const bearer = (name: string, path: string, takes: readonly Kind[]): Place => ({
  ...{ name, route: `GET ${path}`, takes },
  send: (token, { http }) => http.get(path).set('Authorization', `Bearer ${token}`),
});

const keyHeader = (name: string, path: string, takes: readonly Kind[]): Place => ({
  ...{ name, route: `GET ${path}`, takes },
  send: (token, { http }) => http.get(path).set('X-API-Key', token),
});

const body = (
  name: string,
  path: string,
  takes: readonly Kind[],
  of: (token: string, all: Tokens) => object,
): Place => ({
  ...{ name, route: `POST ${path}`, takes },
  send: (token, { http }, tokens) => http.post(path).send(of(token, tokens)),
});

const callback = (name: string, kind: 'OAuth state' | 'cookie of a browser at a provider'): Place => ({
  ...{ name, route: 'GET /auth/login/{provider}/callback', takes: [kind] },
  send: (token, world, tokens) => {
    const all: Tokens = { ...tokens, [kind]: token };
    return comeBack(world, { state: all['OAuth state'], browser: all['cookie of a browser at a provider'] });
  },
});

const LINK = '/auth/login/magic-link/confirm';
const password = { new_password: 'another long passphrase' };

const PLACES: readonly Place[] = [
  bearer('a bearer token', '/doors/plain', ['access token']),
  bearer('a bearer token where keys alone are named', '/doors/key', ['API key']),
  bearer('a bearer token where both are named', '/doors/either', ['access token', 'API key']),
  keyHeader('X-API-Key where no key is named', '/doors/plain', []),
  keyHeader('X-API-Key', '/doors/key', ['API key']),
  body('a refresh', '/auth/refresh', ['refresh token'], (refresh_token) => ({ refresh_token })),
  body('a logout', '/auth/logout', ['refresh token'], (refresh_token) => ({ refresh_token })),
  {
    ...{ name: 'the bearer token of a logout', route: 'POST /auth/logout', takes: ['access token'] },
    send: (token, { http }) => http.post('/auth/logout').set('Authorization', `Bearer ${token}`).send({}),
  },
  body('a reset', '/auth/password/reset', ['reset token'], (token) => ({ token, ...password })),
  body('a verification', '/auth/email/verify', ['verification token', 'address change token'], (token) => ({ token })),
  body('a link', LINK, ['magic link'], (token, { 'request token': request_token }) => ({ token, request_token })),
  body('a link without its request token', LINK, [], (token) => ({ token })),
  body('a code', LINK, ['code of a magic link'], (code, { 'request token': request_token }) => ({
    ...{ code, request_token },
  })),
  body('a request token beside a link', LINK, ['request token'], (request_token, { 'magic link': token }) => ({
    ...{ token, request_token },
  })),
  body('a request token beside a code', LINK, ['request token'], (request_token, tokens) => ({
    ...{ code: tokens['code of a magic link'], request_token },
  })),
  body('a challenge', '/auth/pin', ['challenge token'], (challenge_token) => ({ challenge_token, pin: PIN })),
  body('a code for tokens', '/auth/login/code', ['one-time code'], (code) => ({ code, code_verifier: VERIFIER })),
  callback('a state', 'OAuth state'),
  callback('a cookie on the way back', 'cookie of a browser at a provider'),
  {
    ...{ name: 'a form that is kept', route: 'GET /auth/login/{provider}/callback', takes: ['form of a provider'] },
    send: (token, { http }, tokens) =>
      http
        .get(`/auth/login/acme/callback?form=${encodeURIComponent(token)}`)
        .set('Cookie', `${BROWSER}=${tokens['cookie of a browser at a provider']}`),
  },
  {
    ...{ name: 'a ticket', route: 'GET /auth/login/{provider}', takes: ['ticket to add a provider'] },
    send: (token, { http }) => http.get(`/auth/login/acme?link=${encodeURIComponent(token)}`),
  },
  {
    ...{ name: 'a code to add', route: 'POST /auth/identities', takes: ['code to add a provider'] },
    send: (link_code, { as }, tokens) => as(tokens['access token']).post('/auth/identities').send({ link_code }),
  },
];

/** Routes that read only the bearer token of their caller, which is a place of its own. */
const OTHERS = [
  ...['POST /auth/register', 'POST /auth/login', 'POST /auth/logout-all', 'POST /auth/password', 'POST /auth/confirm'],
  ...['GET /auth/me', 'GET /auth/sessions', 'DELETE /auth/sessions/{id}'],
  ...['POST /auth/password/forgot', 'POST /auth/email', 'POST /auth/email/verify/send', 'POST /auth/login/magic-link'],
  ...['GET /auth/api-keys', 'POST /auth/api-keys', 'DELETE /auth/api-keys/{id}', 'POST /auth/api-keys/{id}/rotate'],
  ...['GET /auth/identities', 'POST /auth/identities/{provider}', 'DELETE /auth/identities/{id}'],
  'GET /.well-known/jwks.json',
  // Keeps a form, without reading it.
  'POST /auth/login/{provider}/callback',
  // Accepts only tokens of providers, signed with the providers' keys.
  'POST /auth/login/{provider}/token',
];

let world: World;
let tokens: Tokens;
beforeEach(async () => {
  world = await startWorld([Doors]);
  tokens = await tokensOf(world);
});
afterEach(() => world.close());

/**
 * Whether a place accepts a token: a refusal is 400, 401 or 403, or the error that the page of a ticket gets. A logout
 * always gives the same answer, so the test checks what it ended.
 */
async function outcome({ route, send }: Place, token: string): Promise<'taken' | 'refused' | string> {
  world.events.length = 0;
  const { status, headers, body } = await send(token, world, tokens);
  if (route === 'POST /auth/logout') return world.events.includes('logged_out') ? 'taken' : 'refused';
  if ([400, 401, 403].includes(status) || headers.location?.endsWith('#error=invalid_login_code')) return 'refused';
  const isTaken = status < 300 || (status === 302 && !headers.location?.includes('#error='));
  return isTaken ? 'taken' : `${status} ${body.code} ${headers.location}`;
}

const diagonal = PLACES.flatMap((place) => place.takes.map((kind) => [kind, place.name, place] as const));

describe('a token of each kind', () => {
  test.each(diagonal)('%s: refused everywhere but in its places, and then taken as %s', async (kind, _, own) => {
    const token = tokens[kind];
    const elsewhere: Record<string, string> = {};
    for (const place of PLACES.filter(({ takes }) => !takes.includes(kind)))
      elsewhere[place.name] = await outcome(place, token);
    // The refused attempts have not used up the other values of its own place.
    for (const other of kinds.filter((one) => !own.takes.includes(one)))
      elsewhere[`${other} as ${own.name}`] = await outcome(own, tokens[other]);
    expect(Object.entries(elsewhere).filter(([, found]) => found !== 'refused')).toEqual([]);
    expect(await outcome(own, token)).toBe('taken');
  });

  test('is another text, and has a place', () => {
    expect(new Set(Object.values(tokens)).size).toBe(kinds.length);
    expect(Object.entries(tokens).filter(([, token]) => !/^[\w.-]{6,}$/.test(token))).toEqual([]);
    expect(kinds.filter((kind) => !PLACES.some(({ takes }) => takes.includes(kind)))).toEqual([]);
  });
});

test('every route of every feature is a place, or is known to take no token', () => {
  const folders = readdirSync(join(import.meta.dirname, '../../../src/features'), { withFileTypes: true });
  expect(folders.flatMap((one) => (one.isDirectory() ? one.name : [])).sort()).toEqual(Object.keys(FEATURES).sort());
  for (const folder of WITHOUT_ROUTES) expect(FEATURES[folder].controllers ?? []).toEqual([]);
  const { paths } = createAuthDocument(world.app, new DocumentBuilder().build());
  const routes = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const known = new Set([...PLACES.map(({ route }) => route), ...OTHERS]);
  expect(routes.sort()).toEqual([...known].sort());
});
