import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { inspect } from '../src/appearance.js';
import { ADMIN, NotesApp } from '../src/notes-app.js';
import { launch } from '../src/pages.js';
import { Reader } from '../src/reader.js';

const EMAIL = 'ada@example.org';
const PASSWORD = 'a fine long passphrase';
const SECOND = 'another fine passphrase';
const THIRD = 'a third fine passphrase';
const ANY_TOKEN = /access_token|refresh_token|nar_[\w-]{20}|eyJ[\w-]+\.eyJ/;

let app: NotesApp;
let browser: Browser;
let ada: Reader;
const readers: Reader[] = [];

async function newReader(): Promise<Reader> {
  const reader = await Reader.of(await browser.newContext({ reducedMotion: 'reduce' }));
  readers.push(reader);
  return reader;
}

beforeAll(async () => {
  [app, browser] = await Promise.all([NotesApp.start(), launch()]);
  ada = await newReader();
});
afterAll(async () => {
  await browser?.close();
  await app?.remove();
});

// One story: each test begins where the one before it ended.
describe('the page, by keyboard alone', () => {
  test('shows the login where a view needs one', async () => {
    await ada.page.goto(app.url);
    await ada.heading('Log in').waitFor();
    expect(await ada.page.title()).toBe('Log in · Notes');
    expect(await inspect(ada.page, 'login')).toEqual([]);
  });

  test('takes the reader of a wrong form to the first error, which the field is described by', async () => {
    const { page } = ada;
    await ada.press(page.getByRole('main').getByRole('link', { name: 'Register' }));
    await ada.arrivesAt('Register');
    await ada.press(ada.button('Register'));
    await ada.focused(page.getByLabel('Name')).waitFor();
    const name = page.getByRole('textbox', { name: 'Name', description: 'Write your name.' });
    expect(await name.getAttribute('aria-invalid')).toBe('true');
    await ada.write('Name', 'Ada');
    await ada.write('E-mail address', EMAIL);
    await ada.write('Password', 'short');
    await page.keyboard.press('Enter');
    await ada.focused(page.getByLabel('Password', { exact: true })).waitFor();
    await page.getByText('Use at least 12 characters.').waitFor();
    expect(await inspect(page, 'register-error')).toEqual([]);
  });

  test('registers', async () => {
    await ada.write('Password', PASSWORD);
    await ada.page.keyboard.press('Enter');
    await ada.arrivesAt('My notes');
    await ada.hears('You are logged in as Ada.');
    await ada.page.getByText('You have no notes yet.').waitFor();
    expect(await inspect(ada.page, 'notes-empty')).toEqual([]);
  });

  test('skips the top', async () => {
    const { page } = ada;
    await page.reload();
    await ada.heading('My notes').waitFor();
    await ada.press(page.getByRole('link', { name: 'Skip to content' }));
    await ada.focused(page.getByRole('main')).waitFor();
    await page.keyboard.press('Tab');
    await ada.focused(page.getByLabel('New note')).waitFor();
  });

  test('adds and deletes notes, and shows their text as text', async () => {
    const { page } = ada;
    for (const text of ['buy milk', '<img src=x onerror=alert(1)>', 'A long one. '.repeat(20)]) {
      await ada.write('New note', text);
      await ada.press(ada.button('Add'));
      await page.getByRole('listitem').filter({ hasText: text.trim() }).waitFor();
      await ada.focused(page.getByLabel('New note')).waitFor();
    }
    await ada.hears('The note is added.');
    expect(await inspect(page, 'notes')).toEqual([]);
    await ada.press(ada.button('Delete the note <img src=x onerror=alert(1)>'));
    await ada.focused(ada.button('Delete the note buy milk')).waitFor();
    await ada.hears('The note is deleted.');
    expect(await page.getByRole('main').getByRole('listitem').count()).toBe(2);
  });

  test('leaves nothing of the session where a script could read it', async () => {
    const read = 'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, history.state])';
    expect(await ada.page.evaluate(read)).toBe('["",{},{},null]');
    const kept = (await ada.context.cookies()).map(({ name, httpOnly, expires }) => [name, httpOnly, expires]);
    expect(kept).toEqual([
      ['__Host-Http-access', true, -1],
      ['__Host-Http-refresh', true, -1],
    ]);
  });

  test('keeps the view after a reload, and goes back', async () => {
    const { page } = ada;
    await ada.press(page.getByRole('link', { name: 'Security' }));
    await ada.arrivesAt('Security');
    await page.reload();
    await ada.heading('Security').waitFor();
    expect([await page.title(), new URL(page.url()).pathname]).toEqual(['Security · Notes', '/security']);
    await page.goBack();
    await ada.arrivesAt('My notes');
    await page.getByText('buy milk', { exact: true }).waitFor();
    await page.goForward();
    await ada.arrivesAt('Security');
  });

  test('ends another device, whose reader is told and logs in again', async () => {
    const other = await newReader();
    await other.page.goto(`${app.url}/security`);
    await other.logIn({ email: EMAIL, password: PASSWORD });
    await other.arrivesAt('Security');
    await other.press(other.page.getByRole('link', { name: 'My notes' }));
    await other.arrivesAt('My notes');

    const { page } = ada;
    await page.reload();
    const devices = page.getByRole('region', { name: 'Your devices' }).getByRole('listitem');
    await devices.nth(1).waitFor();
    expect(await devices.filter({ hasText: 'This device' }).count()).toBe(1);
    expect(await inspect(page, 'security')).toEqual([]);
    await ada.press(ada.button('Log out Chrome on Linux'));
    await ada.hears('Chrome on Linux is logged out.');
    await ada.focused(page.getByRole('heading', { name: 'Your devices' })).waitFor();

    await other.write('New note', 'too late');
    await other.press(other.button('Add'));
    await other.arrivesAt('Log in');
    await other.hears('You were logged out from another device. Log in again.');
    expect(await inspect(other.page, 'ended')).toEqual([]);
    await other.logIn({ email: EMAIL, password: PASSWORD });
    await other.arrivesAt('My notes');
  });

  test('changes the password', async () => {
    const { page } = ada;
    await ada.write('Current password', 'not my password');
    await ada.write('New password', SECOND);
    await page.keyboard.press('Enter');
    const current = page.getByRole('textbox', { name: 'Current password', description: 'not your current password' });
    await ada.focused(current).waitFor();
    await ada.write('Current password', PASSWORD);
    await page.keyboard.press('Enter');
    await ada.hears('Your password is changed. All other devices are logged out.');
  });

  test('logs out everywhere, and "back" shows nothing of what was there', async () => {
    const { page } = ada;
    await page.goBack();
    await ada.arrivesAt('My notes');
    await page.getByText('buy milk', { exact: true }).waitFor();
    await page.goForward();
    await ada.press(ada.button('Log out everywhere'));
    await ada.arrivesAt('Log in');
    await ada.hears('You are logged out on all devices.');
    expect(await ada.context.cookies()).toEqual([]);
    await page.goBack();
    await page.goBack();
    expect(new URL(page.url()).pathname).toBe('/');
    await ada.arrivesAt('Log in');
    expect(await page.content()).not.toContain('buy milk');
  });

  test('sends a link, which sets a new password once', async () => {
    const { page } = ada;
    await ada.press(page.getByRole('link', { name: 'Forgot your password?' }));
    await ada.arrivesAt('Forgot your password?');
    expect(await inspect(page, 'forgot')).toEqual([]);
    await ada.write('E-mail address', EMAIL);
    await page.keyboard.press('Enter');
    await ada.focused(page.getByText(`If ${EMAIL} has an account`)).waitFor();
    expect(await inspect(page, 'forgot-sent')).toEqual([]);
    const [link] = await app.said(/http:\S+\/reset-password#token=\S+/);
    await page.goto(link);
    await ada.heading('Choose a new password').waitFor();
    expect(await inspect(page, 'reset')).toEqual([]);
    await ada.write('New password', THIRD);
    await page.keyboard.press('Enter');
    await ada.arrivesAt('Log in');
    await ada.hears('Your password is changed. Log in with it.');
    expect(page.url()).toBe(`${app.url}/login`);
    await page.goto(link);
    await ada.write('New password', SECOND);
    await page.keyboard.press('Enter');
    await ada.focused(page.getByText('This link was used before, or is too old.')).waitFor();
    expect(await inspect(page, 'reset-used')).toEqual([]);
  });

  test('counts the seconds down when there were too many attempts', async () => {
    const { page } = ada;
    await page.goto(`${app.url}/login`);
    const refusal = { statusCode: 429, code: 'too_many_attempts', message: 'Too many attempts.' };
    await page.route('**/auth/login', (route) =>
      route.fulfill({ status: 429, headers: { 'Retry-After': '3' }, json: refusal }),
    );
    await ada.logIn({ email: EMAIL, password: THIRD });
    await ada.focused(page.getByText(/^Too many attempts. Try again in \d seconds?\.$/)).waitFor();
    expect(await inspect(page, 'throttled')).toEqual([]);
    await page.unroute('**/auth/login');
    await ada.hears('You can try again now.');
    await ada.press(ada.button('Log in'));
    await ada.arrivesAt('My notes');
  });

  test('shows the view of admins to admins alone', async () => {
    const { page } = ada;
    await page.goto(`${app.url}/all-notes`);
    await ada.heading('For admins only').waitFor();
    expect(await inspect(page, 'forbidden')).toEqual([]);
    const admin = await newReader();
    await admin.page.goto(`${app.url}/all-notes`);
    await admin.logIn(ADMIN);
    await admin.arrivesAt('All notes');
    await admin.page.getByText('buy milk', { exact: true }).waitFor();
    expect(await inspect(admin.page, 'all-notes')).toEqual([]);
  });

  test('tries again by itself when the server is not ready', async () => {
    const { page } = ada;
    await page.route('**/notes', (route) => route.fulfill({ status: 503, headers: { 'Retry-After': '2' }, json: {} }));
    await ada.press(page.getByRole('link', { name: 'My notes' }));
    await page.getByRole('alert').getByText('The server is not ready.').waitFor();
    expect(await inspect(page, 'unavailable')).toEqual([]);
    await page.unroute('**/notes');
    await page.getByText('buy milk', { exact: true }).waitFor();
  });

  test('goes on after a restart of the server', async () => {
    const { page } = ada;
    await ada.write('New note', 'written before');
    await app.stop();
    await ada.press(ada.button('Add'));
    await ada.focused(page.getByText('The server does not answer.')).waitFor();
    await app.start();
    await ada.hears('You can try again now.');
    await ada.press(ada.button('Add'));
    await page.getByRole('listitem').filter({ hasText: 'written before' }).waitFor();
  });

  test('says so when it is offline, and loads when it is online again', async () => {
    const { page } = ada;
    await page.getByRole('link', { name: 'Security' }).waitFor();
    await ada.context.setOffline(true);
    await ada.hears('You are offline.');
    await ada.press(page.getByRole('link', { name: 'Security' }));
    await ada.arrivesAt('Security');
    await page.getByRole('region', { name: 'Your devices' }).getByText('You are offline.').waitFor();
    expect(await inspect(page, 'offline')).toEqual([]);
    await ada.context.setOffline(false);
    await page.getByText('This device').waitFor();
  });

  test('tells the other tabs of a logout, and of a login as somebody else', async () => {
    const second = await Reader.of(ada.context);
    readers.push(second);
    await second.page.goto(app.url);
    await second.heading('My notes').waitFor();
    await ada.press(ada.page.getByRole('banner').getByRole('button', { name: 'Log out' }));
    await ada.arrivesAt('Log in');
    await second.arrivesAt('Log in');
    await second.hears('You are logged out.');
    await second.logIn(ADMIN);
    await second.arrivesAt('My notes');
    await ada.arrivesAt('My notes');
    await ada.page.getByRole('banner').getByText('Admin', { exact: true }).waitFor();
  });

  test('says so when its cookies are gone', async () => {
    const { page } = ada;
    await page.reload();
    await ada.heading('My notes').waitFor();
    await ada.context.clearCookies();
    await ada.press(page.getByRole('link', { name: 'Security' }));
    await ada.arrivesAt('Log in');
    await ada.hears('Your session has ended. Log in again.');
    await ada.logIn(ADMIN);
    await ada.arrivesAt('Security');
  });

  test("does not disturb the API's documentation, which sends access tokens", async () => {
    const { page } = ada;
    const answer = await fetch(`${app.url}/auth/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: EMAIL, password: THIRD }),
    });
    const { access_token } = (await answer.json()) as { readonly access_token: string };
    await page.goto(`${app.url}/docs`);
    await page.locator('.btn.authorize').click();
    // The dialog has a part for each scheme.
    const scheme = page.locator('.auth-container').filter({ has: page.getByLabel('auth-bearer-value') });
    await page.getByLabel('auth-bearer-value').fill(access_token);
    await scheme.locator('.modal-btn.authorize').click();
    await page.locator('.btn-done').first().click();
    const operation = page.locator('.opblock-get').filter({ hasText: '/auth/me' });
    await operation.locator('.opblock-summary-control').click();
    await operation.locator('.try-out__btn').click();
    await operation.locator('.execute').click();
    await operation.locator('.live-responses-table .response-col_description').getByText(EMAIL).first().waitFor();
    expect((await ada.context.cookies()).length).toBe(2);
  });

  test('has no error in the console, and no token where a script could read it', async () => {
    expect(readers.flatMap(({ problems }) => problems)).toEqual([]);
    const bodies = await Promise.all(readers.flatMap((reader) => reader.bodies));
    expect(bodies.filter((body) => body.startsWith('{') && ANY_TOKEN.test(body))).toEqual([]);
  });
});
