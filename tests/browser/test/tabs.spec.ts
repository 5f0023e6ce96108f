import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Api, refuse, startApi } from '../../../packages/nest-auth-client/test/support/api-server.js';
import { launch, openTab, servePage, within } from '../src/pages.js';

let browser: Browser;
let api: Api;
let context: BrowserContext;
let tabs: Page[];
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  api = await startApi();
  await servePage(api);
  context = await browser.newContext();
  tabs = await Promise.all(Array.from({ length: 10 }, () => openTab(context, api.url)));
});
afterEach(async () => {
  await context?.close();
  await api?.close();
});

const logIn = (tab: Page) =>
  within(tab, ({ auth }) => auth.login({ email: 'ada@example.org', password: 'a fine long passphrase' }));
/** The statuses of five requests at once. */
const requests = (tab: Page) =>
  within(tab, ({ auth }) =>
    Promise.all(Array.from({ length: 5 }, () => auth.fetch('/notes').then(({ status }) => status))),
  );
/** Waits until every tab knows of it. */
const ended = (reason: string) =>
  Promise.all(tabs.map((tab) => tab.waitForFunction(`window.ends.at(-1) === '${reason}'`)));
const endsOf = (tab: Page) => within(tab, ({ ends }) => ends);

describe('ten tabs of one browser', () => {
  test('refresh once together, in each of twenty rounds', async () => {
    await logIn(tabs[0]!);
    for (let round = 1; round <= 20; round += 1) {
      api.expire();
      const statuses = await Promise.all(tabs.map(requests));
      expect(statuses.flat()).toEqual(Array(50).fill(200));
      expect([api.rotations(), api.repeats()]).toEqual([round, 0]);
    }
    expect(api.count('POST /auth/refresh')).toBe(20);
  });

  test('do not refresh again if the lock is free because another tab has just finished', async () => {
    const [late, early] = tabs as [Page, Page];
    await logIn(early);
    for (let round = 1; round <= 20; round += 1) {
      api.expire();
      api.instead.set('POST /notes', async (_, response) => {
        api.instead.delete('POST /notes');
        await within(early, ({ auth }) => auth.fetch('/notes').then(({ status }) => status));
        refuse(response, 401, 'token_expired');
      });
      const status = await within(late, ({ auth }) =>
        auth.fetch('/notes', { method: 'POST', body: 'late' }).then((response) => response.status),
      );
      expect([status, api.rotations()]).toEqual([200, round]);
    }
  });

  test('are told once each that the session has ended, and of a logout in one of them', async () => {
    await logIn(tabs[0]!);
    api.revoke();
    const statuses = await Promise.all(tabs.map(requests));
    expect(statuses.flat()).toEqual(Array(50).fill(401));
    await ended('session_revoked');
    expect(await Promise.all(tabs.map(endsOf))).toEqual(Array(10).fill(['session_revoked']));
    await logIn(tabs[3]!);
    await within(tabs[5]!, ({ auth }) => auth.logout());
    await ended('logout');
    expect(await Promise.all(tabs.map(endsOf))).toEqual(Array(10).fill(['session_revoked', 'logout']));
    expect(await context.cookies()).toEqual([]);
  });

  test('go on when the tab that refreshes is closed', async () => {
    await logIn(tabs[0]!);
    api.expire();
    const asked = new Promise<void>((resolve) => {
      api.instead.set('POST /auth/refresh', () => {
        api.instead.delete('POST /auth/refresh');
        resolve();
      });
    });
    const closed = requests(tabs[0]!).catch(() => 'closed');
    await asked;
    const waiting = requests(tabs[1]!);
    await tabs[0]!.close();
    expect(await closed).toBe('closed');
    expect(await waiting).toEqual(Array(5).fill(200));
  });
});
