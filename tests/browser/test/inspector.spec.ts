import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Locator } from 'playwright-core';
import { logIn, signUp, type TestApp } from '../../../packages/nest-auth/test/support/app.js';
import { inspect } from '../src/appearance.js';
import { HOSTILE, startInspectedApp } from '../src/inspected-app.js';
import { ADMIN, NotesApp } from '../src/notes-app.js';
import { launch } from '../src/pages.js';
import { Reader } from '../src/reader.js';

let browser: Browser;
const readers: Reader[] = [];

async function newReader(): Promise<Reader> {
  const reader = await Reader.of(await browser.newContext({ reducedMotion: 'reduce' }));
  readers.push(reader);
  return reader;
}

beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());

const entriesOf = ({ page }: Reader): Locator => page.getByRole('list').locator('li.refused, li.allowed');
const pagesOf = async (url: string): Promise<number> =>
  ((await (await fetch(`${url}/auth/inspector/state`)).json()) as { readonly pages: number }).pages;

/** Goes to a view by the keyboard. */
async function goTo(reader: Reader, name: string): Promise<void> {
  await reader.press(reader.page.getByRole('navigation').getByRole('link', { name: new RegExp(`^${name}`) }));
  await reader.arrivesAt(name);
}

// One story: each test begins where the one before it ended.
describe('the inspector of notes-api, by keyboard alone', () => {
  let app: NotesApp;
  let dev: Reader;
  let user: Reader;

  beforeAll(async () => {
    app = await NotesApp.start();
    [dev, user] = [await newReader(), await newReader()];
  });
  afterAll(async () => {
    await app?.remove();
  });

  test('lists who may call what', async () => {
    const { page } = dev;
    await page.goto(`${app.url}/auth/inspector`);
    await dev.heading('Policies').waitFor();
    expect(await page.title()).toBe('Policies · Auth inspector');
    await page.getByText('Connected').waitFor();
    const row = page.getByRole('row').filter({ hasText: 'GET /notes/all' });
    await row.getByText('the role admin').waitFor();
    await row.getByText('NotesController.all').waitFor();
    expect(await inspect(page, 'inspector-policies')).toEqual([]);
  });

  test('finds policies by words, access and transport', async () => {
    const { page } = dev;
    const rows = page.getByRole('table').getByRole('row');
    const all = await rows.count();
    await dev.write('Search', 'notes admin');
    await page
      .getByText(/^1 of \d+ handlers$/)
      .first()
      .waitFor();
    expect(await rows.nth(1).textContent()).toContain('GET /notes/all');
    await dev.write('Search', 'no such policy');
    expect(await rows.count()).toBe(1);
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.press('Delete');
    expect(await rows.count()).toBe(all);
    await dev.tabTo(page.getByLabel('Access'));
    await page.keyboard.type('public');
    expect(await rows.filter({ hasText: 'POST /auth/login' }).count()).toBeGreaterThan(0);
    expect(await rows.filter({ hasText: 'GET /notes/all' }).count()).toBe(0);
  });

  test('shows each decision within a second while somebody uses the app, with the reason of each refusal', async () => {
    await goTo(dev, 'Live');
    await dev.page.getByText('Waiting for the next call of the app.').waitFor();
    expect(await inspect(dev.page, 'inspector-empty')).toEqual([]);
    await user.page.goto(`${app.url}/all-notes`);
    await user.logIn(ADMIN);
    await user.arrivesAt('All notes');
    await entriesOf(dev).filter({ hasText: 'GET /notes/all' }).first().waitFor();
    await entriesOf(dev).filter({ hasText: 'POST /auth/login' }).first().waitFor();

    const answered = fetch(`${app.url}/notes/all`).then(() => performance.now());
    const refusal = entriesOf(dev).filter({ hasText: 'No access token came, and GET /notes/all needs a login.' });
    await refusal.first().waitFor();
    expect(performance.now() - (await answered)).toBeLessThan(1000);
    expect(await refusal.first().textContent()).toContain('missing_token');
    expect(await inspect(dev.page, 'inspector-live')).toEqual([]);
  });

  test('tells a screen reader, but not too often', async () => {
    await dev.hears('1 refused: GET /notes/all, missing_token.');
  });

  test('shows who called, and how long the guard took', async () => {
    const { page } = dev;
    const entry = entriesOf(dev).filter({ hasText: 'GET /notes/all' }).filter({ hasText: 'allowed' }).first();
    await dev.press(entry.locator('summary'));
    await entry.getByText('NotesController.all').waitFor();
    await entry
      .getByRole('definition')
      .getByText(/^[\d,]+ µs$/)
      .waitFor();
    await entry.getByText('admin', { exact: true }).waitFor();
    await entry.getByText(/^\d+ live sessions?$/).waitFor();
    await entry
      .getByRole('listitem')
      .filter({ hasText: /^pwd: begun .*; last used in the hour of / })
      .first()
      .waitFor();
    expect(await inspect(page, 'inspector-details')).toEqual([]);
  });

  test('shows refusals only, and holds the list', async () => {
    const { page } = dev;
    await page.reload();
    await dev.heading('Live').waitFor();
    await page.getByText('Connected').waitFor();
    await fetch(`${app.url}/notes`);
    await fetch(`${app.url}/health`);
    await entriesOf(dev).filter({ hasText: 'missing_token' }).waitFor();
    await dev.tabTo(page.getByLabel('Refusals only'));
    await page.keyboard.press('Space');
    expect(await entriesOf(dev).filter({ hasText: 'allowed' }).count()).toBe(0);
    await dev.press(page.getByRole('button', { name: 'Pause' }));
    const before = await entriesOf(dev).count();
    await fetch(`${app.url}/notes`);
    await page.getByText('1 new while the list is held').waitFor();
    expect(await entriesOf(dev).count()).toBe(before);
    await page.keyboard.press('Enter');
    await entriesOf(dev).nth(before).waitFor();
  });

  test('shows two pages the same, and counts on the others what nobody has seen yet', async () => {
    const second = await newReader();
    await second.page.goto(`${app.url}/auth/inspector`);
    await second.page.getByText('Connected').waitFor();
    await second.page.getByRole('link', { name: /^Live \d+$/ }).waitFor();
    await fetch(`${app.url}/notes/all`);
    await goTo(second, 'Live');
    for (const reader of [dev, second]) await entriesOf(reader).filter({ hasText: 'GET /notes/all' }).first().waitFor();
    expect(await pagesOf(app.url)).toBe(2);
    await second.page.close();
  });

  test('shows what the library is doing', async () => {
    const { page } = dev;
    await goTo(dev, 'State');
    const keys = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Keys' }) });
    await keys
      .getByText(/^HS256, signs, known for/)
      .first()
      .waitFor();
    await page.getByText('immediate').waitFor();
    expect(await inspect(page, 'inspector-state')).toEqual([]);
  });

  test('goes on after a restart of the server', async () => {
    const { page } = dev;
    await app.stop();
    await page.getByText('Not connected. Trying again…').waitFor();
    await app.start();
    await page.getByText('Connected', { exact: true }).waitFor();
    await goTo(dev, 'Live');
    await fetch(`${app.url}/notes/all`);
    await entriesOf(dev).filter({ hasText: 'GET /notes/all' }).first().waitFor();
  });

  test('observes nothing once it is closed', async () => {
    await dev.page.close();
    while ((await pagesOf(app.url)) > 0);
  });
});

describe('the inspector of an app with hostile names', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startInspectedApp();
  });
  afterAll(() => app?.close());

  test('shows roles, permissions and reasons as text', async () => {
    const reader = await newReader();
    const { page } = reader;
    let dialogs = 0;
    page.on('dialog', (dialog) => {
      dialogs++;
      void dialog.dismiss();
    });
    await page.goto(`${app.url}/auth/inspector`);
    await page.getByText('Connected').waitFor();
    await page.getByRole('row').filter({ hasText: HOSTILE }).first().waitFor();
    const { email } = await signUp(app);
    const user = await app.userStore.findByLogin(email);
    app.userStore.update(user?.id ?? '', { roles: [`${HOSTILE} of a user`] });
    const { access } = await logIn(app, email);
    await goTo(reader, 'Live');
    await fetch(`${app.url}/hostile`, { headers: { Authorization: `Bearer ${access}` } });
    const entry = entriesOf(reader).filter({ hasText: `GET /hostile needs the role ${HOSTILE}` });
    await entry.filter({ hasText: `the caller has the role ${HOSTILE} of a user` }).waitFor();
    await reader.press(entry.locator('summary'));
    await entry.getByText(`${HOSTILE} of a user`, { exact: true }).waitFor();
    expect([await page.locator('main img, main script, main iframe').count(), dialogs]).toEqual([0, 0]);
    expect(await inspect(page, 'inspector-hostile')).toEqual([]);
  });

  test('can be opened by no page of another origin, nor by another name of this machine', async () => {
    const reader = await newReader();
    const { port } = new URL(app.url);
    await reader.page.goto(`http://127.0.0.1:${port}/open`);
    const read = (url: string) =>
      reader.page.evaluate(
        `fetch(${JSON.stringify(url)}, { mode: 'cors' }).then((answer) => answer.text(), () => 'nothing')`,
      );
    expect(await read(`http://localhost:${port}/auth/inspector/policies`)).toBe('nothing');
    const answer = await reader.page.goto(`http://rebound.localhost:${port}/auth/inspector`);
    expect(answer?.status()).toBe(404);
  });
});

test('no page has an error in the console', () => {
  expect(
    readers.flatMap(({ problems }) => problems).filter((problem) => !/blocked by CORS policy/.test(problem)),
  ).toEqual([]);
});
