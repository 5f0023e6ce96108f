import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client, PASSWORD } from './client.js';
import { embedded, type Place } from './servers.js';

const VIEWS = [
  '/',
  '/login',
  '/magic-link',
  '/register',
  '/verify-email',
  '/forgot-password',
  '/reset-password',
  '/security',
  '/all-notes',
];

describe('the page', () => {
  let place: Place;
  let client: Client;
  let url: string;
  beforeAll(async () => {
    place = await embedded();
    client = await Client.boot(place.environment);
    url = await client.app.getUrl();
  });
  afterAll(async () => {
    await client?.close();
    await place?.cleanUp();
  });

  test('is at the address of each view, and nowhere else', async () => {
    for (const view of VIEWS) {
      const answer = await fetch(url + view);
      expect([view, answer.status, answer.headers.get('content-type')]).toEqual([
        view,
        200,
        'text/html; charset=utf-8',
      ]);
    }
    expect((await fetch(`${url}/notes`)).status).toBe(401);
    expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
  });

  test('loads only what it names, and each file has its type', async () => {
    const html = await (await fetch(url)).text();
    const files = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file]) => file);
    const types = await Promise.all(
      files.map(async (file) => (await fetch(`${url}${file}`)).headers.get('content-type')?.split(';')[0]),
    );
    expect(Object.fromEntries(files.map((file, index) => [file, types[index]]))).toEqual({
      '/icon.svg': 'image/svg+xml',
      '/styles.css': 'text/css',
      '/page.js': 'text/javascript',
    });
  });

  test('may run no script of others, is framed by nobody and kept by no cache', async () => {
    for (const path of ['/', '/notes', '/elsewhere']) {
      const { headers } = await fetch(url + path);
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });

  test('has its session in cookies that no script reads, while other clients get tokens', async () => {
    const { as } = await client.register('both@example.org');
    expect((await client.call('GET', '/notes', { as })).status).toBe(200);
    const answer = await fetch(`${url}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-auth-transport': 'cookie', 'sec-fetch-site': 'same-origin' },
      body: JSON.stringify({ email: 'both@example.org', password: PASSWORD, remember: false }),
    });
    expect(Object.keys((await answer.json()) as object)).toEqual(['expires_in']);
    const cookies = answer.headers.getSetCookie();
    expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual(['__Host-Http-access', '__Host-Http-refresh']);
    for (const cookie of cookies) expect(cookie).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    const sent = { cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') };
    expect((await fetch(`${url}/notes`, { headers: sent })).status).toBe(200);
    expect((await fetch(`${url}/notes`, { headers: { ...sent, ...as } })).status).toBe(400);
  });
});
