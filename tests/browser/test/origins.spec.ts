import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { type Api, json, startApi } from '../../../packages/nest-auth-client/test/support/api-server.js';
import { launch, openTab, servePage, within } from '../src/pages.js';

let browser: Browser;
let site: Api;
let api: Api;
let tab: Page;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  [site, api] = await Promise.all([startApi(), startApi()]);
  await servePage(site);
  api.allowed.add(site.url);
  tab = await openTab(await browser.newContext(), site.url);
});
afterEach(async () => {
  await tab?.context().close();
  await Promise.all([site, api].map((server) => server?.close()));
});

describe('a page whose API is on another origin', () => {
  test('logs in, refreshes and logs out by cookies', async () => {
    const url = `${api.url}/auth`;
    await within(
      tab,
      async ({ client }, to) => {
        const auth = client.createAuthClient({ url: to });
        Object.assign(globalThis, { auth });
        await auth.login({ email: 'ada@example.org', password: 'a fine long passphrase' });
      },
      url,
    );
    api.expire();
    const statuses = () =>
      within(tab, ({ auth }) => Promise.all([1, 2, 3].map(() => auth.fetch('/notes').then(({ status }) => status))));
    expect(await statuses()).toEqual([200, 200, 200]);
    expect(api.rotations()).toBe(1);
    await within(tab, ({ auth }) => auth.logout());
    expect(await tab.context().cookies()).toEqual([]);
    expect(await statuses()).toEqual([401, 401, 401]);
  });

  test('does not send its bearer token along with a redirect', async () => {
    const other = await startApi();
    // After a redirect between origins, the browser hides the page's own origin.
    other.allowed.add('null');
    other.instead.set('GET /', (_, response) => json(response, 200, { from: 'elsewhere' }));
    api.instead.set('GET /moved', (_, response) => response.writeHead(307, { Location: `${other.url}/` }).end());
    const answer = await within(
      tab,
      ({ client }, url) => {
        const tokens = { access_token: 'the-access-token', refresh_token: 'the-refresh-token' };
        const transport = client.bearer({ get: () => tokens, set: () => {} });
        return client
          .createAuthClient({ url, transport })
          .fetch('/moved')
          .then((response) => response.json());
      },
      `${api.url}/auth`,
    );
    expect(answer).toEqual({ from: 'elsewhere' });
    const moved = api.requests.find(({ route }) => route === 'GET /moved');
    expect(moved!.headers.authorization).toBe('Bearer the-access-token');
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    await other.close();
  });
});
