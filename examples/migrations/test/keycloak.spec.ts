import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AppAfter } from '../src/keycloak/after/app.module.js';
import { AppBefore } from '../src/keycloak/before/app.module.js';
import { removeDatabase, type Started, start } from './apps.js';
import { startKeycloak } from './stand-in-keycloak.js';

let keycloak: Awaited<ReturnType<typeof startKeycloak>>;
let after: Started;
let ada: string;
let editor: string;

beforeAll(async () => {
  keycloak = await startKeycloak();
  process.env.OIDC_ISSUER = keycloak.issuer;
  ada = keycloak.tokenOf('ada');
  editor = keycloak.tokenOf('grace', { realm_access: { roles: ['editor'] } });
  const before = await start(AppBefore);
  await before.get('/notes', ada).expect(200, ['a note of ada, who is id-of-ada']);
  await before.get('/notes/drafts', ada).expect(403);
  await before.get('/notes/drafts', editor).expect(200);
  await before.close();
  after = await start(AppAfter);
});

afterAll(async () => {
  await after?.close();
  await keycloak?.close();
  removeDatabase();
});

describe('after the switch, a token of Keycloak', () => {
  test('opens what it opened, with `request.user` as before', async () => {
    await after.get('/notes', ada).expect(200, ['a note of ada, who is id-of-ada']);
  });

  test('opens what is for its roles', async () => {
    await after.get('/notes/drafts', editor).expect(200);
    await after.get('/notes/drafts', ada).expect(403);
  });

  test('of a user without any role opens the rest', async () => {
    const bare = keycloak.tokenOf('new', { realm_access: undefined });
    await after.get('/notes', bare).expect(200);
    await after.get('/notes/drafts', bare).expect(403);
  });

  test.each([
    ['an ID token', { typ: 'ID' }],
    ['a token for another service', { aud: 'account' }],
    ['a token of another realm', { iss: 'http://127.0.0.1/realms/other' }],
  ])('is refused, if it is %s', async (_what, claims) => {
    const { body } = await after.get('/notes', keycloak.tokenOf('ada', claims)).expect(401);
    expect(body.code).toBe('invalid_token');
  });
});
