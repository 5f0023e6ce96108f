import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { type Mail, Mailer } from '@acme/nest-auth';
import { actAs } from '@acme/nest-auth/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { apiDocument } from '../src/api-document.js';
import { ADMIN_PASSWORD, Client, PASSWORD } from './client.js';
import { embedded, onServers, type Place, unreachable } from './servers.js';

describe('on the embedded database', () => {
  let place: Place;
  let client: Client;
  beforeAll(async () => {
    place = await embedded();
    client = await Client.boot(place.environment);
  });
  afterAll(async () => {
    await client?.close();
    await place?.cleanUp();
  });

  test('an anonymous caller sees the health of the app, and no note', async () => {
    expect(await client.call('GET', '/health')).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await client.call('GET', '/notes')).toMatchObject({ status: 401, body: { code: 'missing_token' } });
  });

  test('a registration needs a name, and gains no role by asking', async () => {
    const body = { email: 'nora@example.org', password: PASSWORD };
    const nameless = await client.call('POST', '/auth/register', { body });
    expect(nameless).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    await client.call('POST', '/auth/register', { body: { ...body, displayName: 'Nora', roles: ['admin'] } });
    const { as } = await client.login(body.email);
    const { body: me } = await client.call('GET', '/auth/me', { as });
    expect(me).toMatchObject({ email: body.email, displayName: 'Nora', hasPassword: true, roles: [] });
    expect((await client.call('GET', '/notes/all', { as })).status).toBe(403);
  });

  test('an owner writes, reads, changes and deletes a note', async () => {
    const { as } = await client.register('olga@example.org');
    const { status, body: note } = await client.call('POST', '/notes', { as, body: { text: 'milk' } });
    expect([status, note.text]).toEqual([201, 'milk']);
    expect((await client.call('GET', '/notes', { as })).body).toEqual([note]);
    const changed = await client.call('PUT', `/notes/${note.id}`, { as, body: { text: 'oat milk' } });
    expect(changed).toMatchObject({ status: 200, body: { id: note.id, text: 'oat milk' } });
    expect((await client.call('DELETE', `/notes/${note.id}`, { as })).status).toBe(204);
    expect((await client.call('GET', `/notes/${note.id}`, { as })).status).toBe(404);
  });

  test('a forgotten password is replaced by the link of a mail, which ends every session', async () => {
    const email = 'forgetful@example.org';
    const { as } = await client.register(email);
    const mailed = nextMail(client, 'password_reset');
    expect((await client.call('POST', '/auth/password/forgot', { body: { email } })).status).toBe(202);
    const [, token] = /reset-password#token=([\w-]+)/.exec((await mailed).text) ?? [];
    const body = { token, new_password: 'another fine passphrase' };
    expect((await client.call('POST', '/auth/password/reset', { body })).status).toBe(204);
    expect((await client.call('GET', '/auth/me', { as })).status).toBe(401);
    await client.login(email, body.new_password);
  });

  test('a registration sends a link, and the token of it verifies the address once', async () => {
    const mailed = nextMail(client, 'verify_email');
    const { as } = await client.register('vera@example.org');
    const me = async () => (await client.call('GET', '/auth/me', { as })).body;
    const [, token] = /verify-email#token=([\w-]+)/.exec((await mailed).text) ?? [];
    expect(await me()).toMatchObject({ email_verified: false });
    expect((await client.call('POST', '/auth/email/verify', { body: { token } })).status).toBe(204);
    expect(await me()).toMatchObject({ email_verified: true });
    const again = await client.call('POST', '/auth/email/verify', { body: { token } });
    expect(again).toMatchObject({ status: 400, body: { code: 'invalid_verification_token' } });
  });

  test('an API key reads the notes of its user, until it is removed, and opens nothing else', async () => {
    const { as } = await client.register('script@example.org');
    const { body: note } = await client.call('POST', '/notes', { as, body: { text: 'for the script' } });
    const { status, body: made } = await client.call('POST', '/auth/api-keys', { as, body: { name: 'script' } });
    expect(status).toBe(201);
    const key = { 'X-API-Key': made.key };
    expect(await client.call('GET', '/notes', { as: key })).toEqual({ status: 200, body: [note] });
    expect((await client.call('POST', '/notes', { as: key, body: { text: 'of the script' } })).status).toBe(401);
    expect((await client.call('DELETE', `/notes/${note.id}`, { as: key })).status).toBe(401);
    expect((await client.call('GET', `/notes/${note.id}`, { as: key })).status).toBe(401);
    expect((await client.call('GET', '/auth/me', { as: key })).status).toBe(401);
    expect((await client.call('DELETE', `/auth/api-keys/${made.id}`, { as })).status).toBe(204);
    const removed = await client.call('GET', '/notes', { as: key });
    expect(removed).toMatchObject({ status: 401, body: { code: 'invalid_api_key' } });
    expect((await client.call('GET', '/notes', { as })).body).toEqual([note]);
  });

  test("another's note is 404, whatever is asked of it", async () => {
    const owner = await client.register('owner@example.org');
    const other = await client.register('other@example.org');
    const { body: note } = await client.call('POST', '/notes', { as: owner.as, body: { text: 'mine' } });
    const path = `/notes/${note.id}`;
    expect((await client.call('GET', path, { as: other.as })).status).toBe(404);
    expect((await client.call('PUT', path, { as: other.as, body: { text: 'yours' } })).status).toBe(404);
    expect((await client.call('DELETE', path, { as: other.as })).status).toBe(404);
    expect((await client.call('GET', '/notes', { as: other.as })).body).toEqual([]);
    expect((await client.call('GET', path, { as: owner.as })).body).toEqual(note);
  });

  test('what is no note, or no id, is refused', async () => {
    const { as } = await client.register('rita@example.org');
    for (const body of [{}, { text: '' }, { text: 7 }, { text: 'a\0b' }]) {
      expect((await client.call('POST', '/notes', { as, body })).status).toBe(400);
    }
    expect((await client.call('GET', '/notes/7', { as })).status).toBe(404);
  });

  test('the documentation says who may call what', () => {
    const { paths } = apiDocument(client.app);
    expect(paths['/health']?.get?.security).toEqual([]);
    expect(paths['/notes']?.get?.security).toEqual([{ bearer: [] }, { cookieAuth: [] }, { apiKeyAuth: [] }]);
    expect(paths['/notes']?.post?.security).toEqual([{ bearer: [] }, { cookieAuth: [] }]);
    expect(paths['/notes/all']?.get?.description).toBe('Roles: admin.');
    expect(paths['/auth/register']?.post?.requestBody).toMatchObject({
      content: { 'application/json': { schema: { required: ['email', 'password', 'displayName'] } } },
    });
  });

  // How an app tests itself: no login, no row in the users table.
  test('an admin sees the notes of all', async () => {
    const { as } = await client.register('seen@example.org');
    const { body: note } = await client.call('POST', '/notes', { as, body: { text: 'seen by admins' } });
    const admin = await actAs(client.app, { id: randomUUID(), roles: ['admin'] });
    const user = await actAs(client.app, { id: randomUUID() });
    const { status, body } = await client.call('GET', '/notes/all', { as: admin });
    expect([status, body[0]]).toEqual([200, note]);
    expect((await client.call('GET', '/notes/all', { as: user })).status).toBe(403);
  });

  test('a restart keeps users, sessions, notes and the one admin', async () => {
    const { as, refreshToken } = await client.register('stays@example.org', 'Stays');
    const { body: note } = await client.call('POST', '/notes', { as, body: { text: 'stays' } });
    await client.close();
    client = await Client.boot(place.environment);

    expect((await client.call('GET', '/notes', { as })).body).toEqual([note]);
    expect((await client.call('POST', '/auth/refresh', { body: { refresh_token: refreshToken } })).status).toBe(200);
    const again = await client.login('stays@example.org');
    expect((await client.call('GET', '/auth/me', { as: again.as })).body).toMatchObject({ displayName: 'Stays' });
    const admin = await client.login('admin@example.org', ADMIN_PASSWORD);
    expect((await client.call('GET', '/notes/all', { as: admin.as })).status).toBe(200);
  });
});

const missing = process.env.CI ? null : await unreachable();

describe('two processes on PostgreSQL and Redis', () => {
  if (missing) return void test.skip(missing, () => {});

  let place: Place;
  let a: Client;
  let b: Client;
  beforeAll(async () => {
    place = await onServers();
    // Both start at once, so both try to migrate, to make the secrets and to make the admin.
    [a, b] = await Promise.all([Client.boot(place.environment), Client.boot(place.environment)]);
  });
  afterAll(async () => {
    await Promise.all([a?.close(), b?.close()]);
    await place?.cleanUp();
  });

  test('who registers at one is known to the other', async () => {
    const { as } = await a.register('both@example.org');
    const { body: note } = await a.call('POST', '/notes', { as, body: { text: 'shared' } });
    expect((await b.call('GET', '/notes', { as })).body).toEqual([note]);
    await b.login('both@example.org');
    expect((await b.call('GET', '/auth/sessions', { as })).body).toHaveLength(2);
  });

  test('an access token that was logged out at one is soon dead at the other', async () => {
    const { as } = await a.register('leaves@example.org');
    expect((await b.call('GET', '/auth/me', { as })).status).toBe(200);
    expect((await a.call('POST', '/auth/logout', { as })).status).toBe(204);
    const deadline = Date.now() + 30_000;
    let answer = await b.call('GET', '/notes', { as });
    while (answer.status === 200 && Date.now() < deadline) {
      await setTimeout(10);
      answer = await b.call('GET', '/notes', { as });
    }
    expect(answer).toMatchObject({ status: 401, body: { code: 'token_revoked' } });
  });

  test('an API key that was made at one opens the notes at the other, for a second after its removal at most', async () => {
    const { as } = await a.register('key@example.org');
    const { body: made } = await a.call('POST', '/auth/api-keys', { as, body: { name: 'script' } });
    const key = { 'X-API-Key': made.key };
    expect((await b.call('GET', '/notes', { as: key })).status).toBe(200);
    expect((await a.call('DELETE', `/auth/api-keys/${made.id}`, { as })).status).toBe(204);
    expect((await a.call('GET', '/notes', { as: key })).status).toBe(401);
    await setTimeout(1000);
    expect((await b.call('GET', '/notes', { as: key })).status).toBe(401);
  });

  test('a refresh token that reaches both at once has one successor', async () => {
    const { refreshToken } = await a.register('races@example.org');
    const body = { refresh_token: refreshToken };
    const answers = await Promise.all([a, b, a, b].map((client) => client.call('POST', '/auth/refresh', { body })));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(answers.map((answer) => answer.body.refresh_token)).size).toBe(1);
  });

  test('wrong passwords are counted across both', async () => {
    await a.register('guessed@example.org');
    const body = { email: 'guessed@example.org', password: 'not the passphrase' };
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 12; attempt++) {
      statuses.push((await (attempt % 2 ? b : a).call('POST', '/auth/login', { body })).status);
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
  });
});

/** The next mail of a kind: others, such as notices, may be sent in between. */
function nextMail({ app }: Client, kind: string): Promise<Mail> {
  return new Promise((resolve) => {
    app.get<Mailer>(Mailer, { strict: false }).send = async (mail) => {
      if (mail.kind === kind) resolve(mail);
    };
  });
}
