import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { inspect } from '../src/appearance.js';
import { NotesApp } from '../src/notes-app.js';
import { launch } from '../src/pages.js';
import { Reader } from '../src/reader.js';

const EMAIL = 'eve@example.org';
const PASSWORD = 'a fine long passphrase';
const MAGIC_MAIL = /(http:\S+\/magic-link#token=\S+)[^#]*?\b(\d{6})\b/;

let app: NotesApp;
let browser: Browser;
let eve: Reader;
/** Another browser of the same user. */
let other: Reader;
let magicLink: string;
let code: string;
let key: string;
const readers: Reader[] = [];

async function newReader(): Promise<Reader> {
  const reader = await Reader.of(await browser.newContext({ reducedMotion: 'reduce' }));
  readers.push(reader);
  return reader;
}

const withKey = async (method: string) => {
  const headers = { 'X-API-Key': key, 'Content-Type': 'application/json' };
  const body = method === 'GET' ? null : '{"text":"by a program"}';
  return fetch(`${app.url}/notes`, { method, headers, body });
};

beforeAll(async () => {
  [app, browser] = await Promise.all([NotesApp.start(), launch()]);
  [eve, other] = await Promise.all([newReader(), newReader()]);
});
afterAll(async () => {
  await browser?.close();
  await app?.remove();
});

// One story: each test begins where the one before it ended.
describe('the page, with mails and keys, by keyboard alone', () => {
  test('says that an address is not verified, and sends the link again', async () => {
    const { page } = eve;
    await page.goto(`${app.url}/register`);
    await eve.write('Name', 'Eve');
    await eve.write('E-mail address', EMAIL);
    await eve.write('Password', PASSWORD);
    await page.keyboard.press('Enter');
    await eve.arrivesAt('My notes');
    const [, first = ''] = await app.said(/(http:\S+\/verify-email#token=\S+)/);
    await eve.press(page.getByRole('link', { name: 'Security' }));
    await eve.arrivesAt('Security');
    await page.getByText('It is not verified.').waitFor();
    expect(await inspect(page, 'security-unverified')).toEqual([]);
    await eve.press(eve.button('Send the link again'));
    await eve.hears(`A new link is on its way to ${EMAIL}.`);

    await app.said(/verify-email#token=[\s\S]*verify-email#token=/);
    await other.page.goto(first);
    await other.page.getByRole('alert').getByText('This link was used before, or is too old.').waitFor();
    expect(await inspect(other.page, 'verify-refused')).toEqual([]);
    await other.page.goto(`${app.url}/verify-email`);
    await other.page.getByText('This link is not complete.').waitFor();
    expect(await inspect(other.page, 'verify-incomplete')).toEqual([]);
  });

  test('verifies the address by the link, which nobody verifies who only loads it', async () => {
    const [, link = ''] = await app.said(/verify-email#token=[\s\S]*(http:\S+\/verify-email#token=\S+)/);
    expect((await fetch(link)).status).toBe(200);
    const mail = await Reader.of(eve.context);
    readers.push(mail);
    await mail.page.goto(link);
    await mail.heading('My notes').waitFor();
    await mail.hears('Your e-mail address is verified.');
    expect(mail.page.url()).toBe(`${app.url}/`);
    await mail.press(mail.page.getByRole('link', { name: 'Security' }));
    await mail.arrivesAt('Security');
    await mail.page.getByText('Verified', { exact: true }).waitFor();
    await mail.page.close();
    await eve.page.reload();
    await eve.page.getByText('Verified', { exact: true }).waitFor();
  });

  test('asks for a mail to log in, and opens its link only where it was asked for', async () => {
    const { page } = other;
    await page.goto(app.url);
    await other.press(page.getByRole('main').getByRole('link', { name: 'Log in by a link in a mail' }));
    await other.arrivesAt('Log in by a mail');
    expect(await inspect(page, 'magic-link')).toEqual([]);
    await other.write('E-mail address', EMAIL);
    await page.keyboard.press('Enter');
    await other.focused(page.getByText(`If ${EMAIL} has an account, a mail is on its way.`)).waitFor();
    expect(await inspect(page, 'magic-link-sent')).toEqual([]);
    [, magicLink = '', code = ''] = await app.said(MAGIC_MAIL);

    const stranger = await newReader();
    await stranger.page.goto(magicLink);
    await stranger.page.getByRole('alert').getByText('This browser did not ask for the mail.').waitFor();
    expect(await inspect(stranger.page, 'magic-link-elsewhere')).toEqual([]);
    await stranger.press(stranger.page.getByRole('link', { name: 'Ask for a new mail' }));
    await stranger.arrivesAt('Log in by a mail');
    expect(stranger.page.url()).toBe(`${app.url}/magic-link`);
  });

  test('logs in by the code, also after a reload', async () => {
    const { page } = other;
    await page.reload();
    await other.press(other.button('I have a code'));
    await other.focused(page.getByText('It works in the browser that asked')).waitFor();
    await other.write('Code', '12345');
    await page.keyboard.press('Enter');
    const field = (description: string) => page.getByRole('textbox', { name: 'Code', description });
    await other.focused(field('The code has six digits.')).waitFor();
    await other.write('Code', code === '123456' ? '654321' : '123456');
    await page.keyboard.press('Enter');
    await other.focused(field('This is not the code of the last mail.')).waitFor();
    expect(await inspect(page, 'magic-link-code')).toEqual([]);
    await other.write('Code', `${code.slice(0, 3)} ${code.slice(3)}`);
    await page.keyboard.press('Enter');
    await other.arrivesAt('My notes');
    await other.hears('You are logged in as Eve.');
  });

  test('logs in by the link in the browser that asked, and tells its other tab', async () => {
    const { page } = other;
    await other.press(page.getByRole('banner').getByRole('button', { name: 'Log out' }));
    await other.arrivesAt('Log in');
    await page.goto(`${app.url}/magic-link`);
    await other.write('E-mail address', EMAIL);
    await page.keyboard.press('Enter');
    const [, link = ''] = await app.said(/magic-link#token=[\s\S]*(http:\S+\/magic-link#token=\S+)/);
    const mail = await Reader.of(other.context);
    readers.push(mail);
    await mail.page.goto(link);
    await mail.heading('My notes').waitFor();
    await mail.hears('You are logged in as Eve.');
    await other.arrivesAt('My notes');
    await mail.page.close();
  });

  test('asks for the password if the login is too old, and makes no key without it', async () => {
    const { page } = eve;
    const refusal = { statusCode: 401, code: 'insufficient_user_authentication', message: '', max_age: 900 };
    const isNew = (url: URL) => url.pathname === '/auth/api-keys';
    await page.route(isNew, (route) =>
      route.request().method() === 'POST' ? route.fulfill({ status: 401, json: refusal }) : route.continue(),
    );
    await page.getByText('You have no keys.').waitFor();
    await eve.write('Name of the key', 'backup');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Is it you?' });
    const password = dialog.getByLabel('Password', { exact: true });
    await eve.focused(password).waitFor();
    expect(await inspect(page, 'password-dialog')).toEqual([]);
    await page.keyboard.press('Escape');
    await eve.focused(page.getByText('Nothing is changed, because you did not confirm that it is you.')).waitFor();
    await page.getByText('You have no keys.').waitFor();

    await eve.press(eve.button('Make a key'));
    await eve.focused(password).waitFor();
    await page.keyboard.type('not my password');
    await page.keyboard.press('Enter');
    const refused = dialog.getByRole('textbox', { name: 'Password', description: 'not your current password' });
    await eve.focused(refused).waitFor();
    await page.unroute(isNew);
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await eve.focused(page.getByText('The key backup is made.')).waitFor();
    await dialog.waitFor({ state: 'detached' });
  });

  test('shows a key once, and copies it', async () => {
    const { page } = eve;
    await page.getByRole('listitem').filter({ hasText: 'backup' }).waitFor();
    expect(await inspect(page, 'key-made')).toEqual([]);
    await eve.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await eve.press(eve.button('Copy the key'));
    await eve.hears('The key is copied.');
    key = await page.evaluate('navigator.clipboard.readText()');
    expect(key).toMatch(/^nak_live_\w{49}$/);
    expect(await page.getByRole('main').textContent()).toContain(key);
    await page.reload();
    await page.getByRole('listitem').filter({ hasText: 'backup' }).waitFor();
    expect(await page.content()).not.toContain('nak_live_');
    expect(await inspect(page, 'keys')).toEqual([]);
  });

  test('lets a key read the notes and write none, until it is removed', async () => {
    const { page } = eve;
    expect([(await withKey('GET')).status, (await withKey('POST')).status]).toEqual([200, 401]);
    await eve.press(eve.button('Remove the key backup'));
    await eve.hears('The key backup is removed.');
    await eve.focused(page.getByRole('heading', { name: 'API keys' })).waitFor();
    await page.getByText('You have no keys.').waitFor();
    await setTimeout(1000);
    expect((await withKey('GET')).status).toBe(401);
  });

  test('has no error in the console, and keeps nothing where a script could read it', async () => {
    expect(readers.flatMap(({ problems }) => problems)).toEqual([]);
    const read = 'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, history.state])';
    expect(await eve.page.evaluate(read)).toBe('["",{},{},null]');
    expect(await other.page.evaluate(read)).toBe('["",{},{},null]');
  });
});
