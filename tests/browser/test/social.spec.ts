import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Request } from 'playwright-core';
import { inspect } from '../src/appearance.js';
import { NotesApp } from '../src/notes-app.js';
import { launch } from '../src/pages.js';
import { Reader } from '../src/reader.js';

const NINA = 'nina@example.org';
const OTTO = 'otto@example.org';
const OTTO_AT_ACME = 'otto@acme.example';
const MOVED = 'otto@new.example.org';
const PASSWORD = 'a fine long passphrase';
const NEW_ADDRESS_MAIL = /otto@new\.example\.org[\s\S]*?(http:\S+\/verify-email#token=\S+)/;
const ANY_TOKEN = /access_token|refresh_token|id_token"|nar_[\w-]{20}|eyJ[\w-]+\.eyJ/;

let app: NotesApp;
let browser: Browser;
let reader: Reader;
const readers: Reader[] = [];
const requests: Request[] = [];

const newReader = async (context: BrowserContext) => {
  const made = await Reader.of(context);
  made.page.on('request', (request) => requests.push(request));
  readers.push(made);
  return made;
};
const logOut = async () => {
  await reader.press(reader.page.getByRole('banner').getByRole('button', { name: 'Log out' }));
  await reader.arrivesAt('Log in');
};
const openSecurity = async () => {
  await reader.page.goto(`${app.url}/security`);
  await reader.heading('Security').waitFor();
};
const region = (name: string) => reader.page.getByRole('region', { name, exact: true });
/** At Acme ID, whose page asks for the user. */
const sayWhoItIs = async (address: string) => {
  await reader.heading('Acme ID').waitFor();
  await reader.write('E-mail address', address);
  await reader.page.keyboard.press('Enter');
};
const cancel = async () => {
  await reader.heading('Acme ID').waitFor();
  await reader.press(reader.button('Cancel'));
};
/** The server refuses a route as if the login were too old, until `action` is done. */
const asIfTooOld = async (route: string, action: () => Promise<void>) => {
  const refusal = { statusCode: 401, code: 'insufficient_user_authentication', message: '', max_age: 900 };
  await reader.page.route(route, (asked) => asked.fulfill({ status: 401, json: refusal }));
  await action();
  await reader.page.unroute(route);
};
/** Does something as if the login were too old, and writes the password that is asked for. */
const confirm = async (route: string, action: () => Promise<void>, picture: string) => {
  const { page } = reader;
  await asIfTooOld(route, async () => {
    await action();
    const password = page.getByRole('dialog', { name: 'Is it you?' }).getByLabel('Password', { exact: true });
    await reader.focused(password).waitFor();
    expect(await inspect(page, picture)).toEqual([]);
  });
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
};
const notesWith = async (key: string) => (await fetch(`${app.url}/notes`, { headers: { 'X-API-Key': key } })).status;

beforeAll(async () => {
  [app, browser] = await Promise.all([NotesApp.start(), launch()]);
  reader = await newReader(await browser.newContext({ reducedMotion: 'reduce' }));
});
afterAll(async () => {
  await browser?.close();
  await app?.remove();
});

// One story: each test begins where the one before it ended.
describe('the page, with logins by Acme ID, by keyboard alone', () => {
  test('logs a new user in, by an answer that comes from another site', async () => {
    const { page } = reader;
    await page.goto(app.url);
    await reader.heading('Log in').waitFor();
    await reader.press(reader.button('Log in with Acme ID'));
    await reader.heading('Acme ID').waitFor();
    expect(await inspect(page, 'acme-id')).toEqual([]);
    await sayWhoItIs(NINA);
    await reader.heading('My notes').waitFor();
    expect(page.url()).toBe(`${app.url}/`);
    await page.getByRole('banner').getByText('nina', { exact: true }).waitFor();

    const callback = requests.find((request) => request.url().includes('/auth/login/acme-id/callback'));
    const headers = (await callback?.allHeaders()) ?? {};
    expect(headers['sec-fetch-site']).toBe('cross-site');
    expect(headers.cookie).toMatch(/^__Host-\S*social=/);
    const kept = (await reader.context.cookies(app.url)).map(({ name, expires }) => [name, expires]);
    expect(kept).toContainEqual(['__Host-Http-refresh', -1]);
    await openSecurity();
    await region('Your e-mail address').getByText('Verified', { exact: true }).waitFor();
  });

  test('does not unlink the only way in, and says what to do first', async () => {
    const { page } = reader;
    await reader.press(reader.button(`Unlink Acme ID of ${NINA}`));
    await reader.hears('This is your only way to log in. Set a password first');
    await region('Linked logins').getByText(NINA, { exact: true }).waitFor();
    expect(await inspect(page, 'only-way-in')).toEqual([]);
  });

  test('asks a user without a password for another login, and changes nothing without it', async () => {
    const { page } = reader;
    const again = page.getByRole('dialog', { name: 'Is it you?' });
    await asIfTooOld('**/auth/identities/acme-id', async () => {
      await reader.press(reader.button('Link Acme ID'));
      await again.getByText('your account has no password').waitFor();
      expect(await again.getByLabel('Password').count()).toBe(0);
      expect(await inspect(page, 'login-again')).toEqual([]);
      await page.keyboard.press('Escape');
      await reader.hears('Nothing is changed, because you did not confirm that it is you.');
      await reader.focused(reader.button('Link Acme ID')).waitFor();
      await page.keyboard.press('Enter');
      await reader.press(again.getByRole('button', { name: 'Log in again with Acme ID' }));
    });
    await sayWhoItIs(NINA);
    await reader.heading('Security').waitFor();
    expect(page.url()).toBe(`${app.url}/security`);
    await page.getByRole('banner').getByText('nina', { exact: true }).waitFor();
    // The login is new now, so it is recent enough.
    await reader.press(reader.button('Link Acme ID'));
    await cancel();
    await reader.hears('You cancelled at Acme ID. Nothing is changed.');
  });

  test('asks who it is at each login, and says so if it was cancelled', async () => {
    const { page } = reader;
    await logOut();
    await reader.press(page.getByRole('main').getByRole('link', { name: 'Register' }));
    await reader.arrivesAt('Register');
    expect(await inspect(page, 'register-with-acme-id')).toEqual([]);
    await reader.press(reader.button('Register with Acme ID'));
    await cancel();
    await reader.heading('Log in').waitFor();
    await reader.hears('You cancelled at Acme ID. Nothing is changed.');
    expect(page.url()).toBe(`${app.url}/`);
    expect(await inspect(page, 'acme-id-cancelled')).toEqual([]);
  });

  test('links a login to an account with a password, after the password', async () => {
    const { page } = reader;
    await page.goto(`${app.url}/register`);
    await reader.write('Name', 'Otto');
    await reader.write('E-mail address', OTTO);
    await reader.write('Password', PASSWORD);
    await page.keyboard.press('Enter');
    await reader.arrivesAt('My notes');
    await openSecurity();
    await region('Linked logins').getByText('You have linked no login.').waitFor();
    await confirm('**/auth/identities/acme-id', () => reader.press(reader.button('Link Acme ID')), 'link-confirmation');
    await sayWhoItIs(OTTO_AT_ACME);
    await reader.heading('Security').waitFor();
    await reader.hears('Acme ID is linked.');
    expect(page.url()).toBe(`${app.url}/security`);
    await region('Linked logins').getByRole('listitem').filter({ hasText: OTTO_AT_ACME }).waitFor();
    expect(await inspect(page, 'linked-logins')).toEqual([]);
  });

  test("says so if linking was cancelled, or the login is another account's", async () => {
    await reader.press(reader.button('Link Acme ID'));
    await cancel();
    await reader.hears('You cancelled at Acme ID. Nothing is changed.');
    await reader.press(reader.button('Link Acme ID'));
    await sayWhoItIs(NINA);
    await reader.hears('This login at Acme ID belongs to another account.');
    await reader.button(`Unlink Acme ID of ${OTTO_AT_ACME}`).waitFor();
    expect(await region('Linked logins').getByRole('listitem').count()).toBe(1);
  });

  test('logs in to the same account by either, and remembers it if asked', async () => {
    const { page } = reader;
    await logOut();
    await page.goto(`${app.url}/security`);
    await reader.heading('Log in').waitFor();
    await reader.tabTo(page.getByLabel('Keep me logged in on this device'));
    await page.keyboard.press('Space');
    await reader.press(reader.button('Log in with Acme ID'));
    await sayWhoItIs(OTTO_AT_ACME);
    await reader.heading('Security').waitFor();
    await page.getByRole('banner').getByText('Otto', { exact: true }).waitFor();
    const kept = await reader.context.cookies(app.url);
    expect(kept.find(({ name }) => name === '__Host-Http-refresh')?.expires).toBeGreaterThan(Date.now() / 1000);
  });

  test('unlinks a login, which then opens the account no more', async () => {
    const { page } = reader;
    await reader.press(reader.button(`Unlink Acme ID of ${OTTO_AT_ACME}`));
    await reader.hears('Acme ID is unlinked.');
    await reader.focused(page.getByRole('heading', { name: 'Linked logins' })).waitFor();
    await region('Linked logins').getByText('You have linked no login.').waitFor();
    await logOut();
    await reader.press(reader.button('Log in with Acme ID'));
    await sayWhoItIs(OTTO_AT_ACME);
    await reader.heading('My notes').waitFor();
    // This is a new account with the other address.
    await page.getByRole('banner').getByText('otto', { exact: true }).waitFor();
    await logOut();
  });
});

describe('the page, with a new address and a rotated key, by keyboard alone', () => {
  test('changes the address by the password and the link of a mail', async () => {
    const { page } = reader;
    await page.goto(`${app.url}/security`);
    await reader.logIn({ email: OTTO, password: PASSWORD });
    await reader.arrivesAt('Security');
    await reader.write('New e-mail address', MOVED);
    await reader.write('Your password', 'not my password');
    await page.keyboard.press('Enter');
    const password = page.getByRole('textbox', { name: 'Your password', description: 'not your current password' });
    await reader.focused(password).waitFor();
    expect(await inspect(page, 'new-address-refused')).toEqual([]);
    await reader.write('Your password', PASSWORD);
    await page.keyboard.press('Enter');
    await reader.hears(`Open the link of the mail that we sent to ${MOVED}.`);
    await region('Your e-mail address').getByText(OTTO).waitFor();
    expect(await inspect(page, 'new-address-asked')).toEqual([]);
    const [, link = ''] = await app.said(NEW_ADDRESS_MAIL);
    const mail = await newReader(reader.context);
    await mail.page.goto(link);
    await mail.heading('My notes').waitFor();
    await mail.hears('Your e-mail address is verified.');
    await mail.page.close();
    await openSecurity();
    await region('Your e-mail address').getByText(MOVED).waitFor();
    await logOut();
    await reader.logIn({ email: OTTO, password: PASSWORD });
    await page.getByText('The e-mail address or the password is wrong.').waitFor();
    await reader.logIn({ email: MOVED, password: PASSWORD });
    await reader.arrivesAt('My notes');
  });

  test('rotates a key after the password: the new one is shown once, and the old one works on', async () => {
    const { page } = reader;
    await openSecurity();
    await reader.write('Name of the key', 'backup');
    await page.keyboard.press('Enter');
    const keys = region('API keys');
    await reader.focused(keys.getByText('The key backup is made.')).waitFor();
    const old = (await keys.locator('.fresh code').textContent()) ?? '';
    await keys.getByRole('listitem').filter({ hasText: 'backup' }).waitFor();

    await confirm('**/rotate', () => reader.press(reader.button('Rotate the key backup')), 'rotate-confirmation');
    await reader.focused(keys.getByText('The old one works until the time below.')).waitFor();
    const fresh = (await keys.locator('.fresh code').textContent()) ?? '';
    await keys.getByText('Replaced', { exact: true }).waitFor();
    expect(await inspect(page, 'key-rotated')).toEqual([]);
    expect(fresh).toMatch(/^nak_live_\w{49}$/);
    expect(fresh).not.toBe(old);
    expect([await notesWith(old), await notesWith(fresh)]).toEqual([200, 200]);

    await page.reload();
    await reader.button('Remove the replaced key backup').waitFor();
    expect(await page.content()).not.toContain('nak_live_');
    expect(await keys.getByRole('button', { name: /^Rotate/ }).count()).toBe(1);
    await reader.press(reader.button('Remove the replaced key backup'));
    await reader.hears('The key backup is removed.');
    await reader.button('Remove the replaced key backup').waitFor({ state: 'detached' });
    expect([await notesWith(old), await notesWith(fresh)]).toEqual([401, 200]);
  });
});

test('has no error in the console, and no token where a script, a server or the history could read it', async () => {
  expect(readers.flatMap(({ problems }) => problems)).toEqual([]);
  const bodies = await Promise.all(readers.flatMap((one) => one.bodies));
  const answers = bodies.filter((body) => /^\s*[{[<]/.test(body));
  expect(answers).not.toEqual([]);
  expect(answers.filter((body) => ANY_TOKEN.test(body))).toEqual([]);
  expect(requests.map((request) => request.url()).filter((url) => ANY_TOKEN.test(url))).toEqual([]);
  const read =
    'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, history.state, location.hash])';
  expect(await reader.page.evaluate(read)).toBe('["",{},{},null,""]');
});
