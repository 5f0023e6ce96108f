import { AuthEvents } from '@acme/nest-auth';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { EMAIL, PASSWORD, startForeignSite, startLibrary } from '../src/library.js';
import { launch, openTab, within } from '../src/pages.js';

const REGISTRATION = { email: EMAIL, password: PASSWORD };

let browser: Browser;
let server: Awaited<ReturnType<typeof startLibrary>>;
let context: BrowserContext;
let rotations: number;
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  server = await startLibrary();
  rotations = 0;
  server.app.get(AuthEvents, { strict: false }).on('refreshed', () => {
    rotations += 1;
  });
  context = await browser.newContext();
});
afterEach(async () => {
  await context?.close();
  await server?.close();
});

const open = (count: number) => Promise.all(Array.from({ length: count }, () => openTab(context, server.url)));
const register = (tab: Page) => within(tab, ({ auth }, body) => auth.register(body), REGISTRATION);
/** The statuses of five requests at once. */
const requests = (tab: Page) =>
  within(tab, ({ auth }) =>
    Promise.all(Array.from({ length: 5 }, () => auth.fetch('/notes').then(({ status }) => status))),
  );

describe('tabs of one browser, on the library itself', () => {
  test.each([
    [3, 5],
    [10, 20],
  ])('%i refresh once together when the access token has run out, in each of %i rounds', async (count, rounds) => {
    const tabs = await open(count);
    await register(tabs[0] as Page);
    for (let round = 1; round <= rounds; round += 1) {
      server.clock.advance(15 * 60 + 6);
      const statuses = await Promise.all(tabs.map(requests));
      expect(statuses.flat()).toEqual(Array(5 * count).fill(200));
      expect(rotations).toBe(round);
    }
    expect(await within(tabs[1] as Page, ({ ends }) => ends)).toEqual([]);
  });

  test('hear of a device that was ended elsewhere, and of a logout', async () => {
    const tabs = (await open(2)) as [Page, Page];
    await register(tabs[0]);
    const elsewhere = await openTab(await browser.newContext(), server.url);
    await within(
      elsewhere,
      async ({ auth }, body) => {
        await auth.login(body);
        const sessions = await auth.sessions();
        for (const { id, current } of sessions) if (!current) await auth.endSession(id);
      },
      REGISTRATION,
    );
    expect(await requests(tabs[1])).toEqual(Array(5).fill(401));
    for (const tab of tabs) await tab.waitForFunction("window.ends.join() === 'session_revoked'");
    await within(tabs[0], ({ auth }, body) => auth.login(body), REGISTRATION);
    await within(tabs[1], ({ auth }) => auth.logout());
    for (const tab of tabs) await tab.waitForFunction("window.ends.join() === 'session_revoked,logout'");
    expect(await context.cookies()).toEqual([]);
    await elsewhere.context().close();
  });
});

describe('tokens', () => {
  test('are in no storage, in no body and in nothing that a script reads; and no console error tells of them', async () => {
    const bodies: Promise<string>[] = [];
    const errors: string[] = [];
    context.on('response', (response) => bodies.push(response.text().catch(() => '')));
    context.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    const [tab] = (await open(1)) as [Page];
    await register(tab);
    server.clock.advance(15 * 60 + 6);
    await within(tab, ({ auth }) => auth.me());
    const cookies = await context.cookies();
    expect(cookies.map(({ name, httpOnly, secure, sameSite }) => [name, httpOnly, secure, sameSite])).toEqual([
      ['__Host-Http-access', true, true, 'Lax'],
      ['__Host-Http-refresh', true, true, 'Lax'],
    ]);
    const seen = await tab.evaluate(
      'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, location.href])',
    );
    const shown = [String(seen), ...(await Promise.all(bodies))].join('\n');
    for (const { value } of cookies) expect(shown).not.toContain(value);
    expect(shown).toContain('expires_in');
    // The 401 before the refresh is Chromium's own line.
    expect(errors.filter((line) => !line.includes('401'))).toEqual([]);
  });

  test('that a script plants under the names of ours are not kept', async () => {
    const [tab] = (await open(1)) as [Page];
    for (const name of ['__Host-Http-access', '__Host-Http-refresh'])
      await tab.evaluate(`document.cookie = '${name}=planted; Secure; Path=/'`);
    expect(await context.cookies()).toEqual([]);
  });

  test('end with the browser if the user is not remembered', async () => {
    const [tab] = (await open(1)) as [Page];
    await within(tab, ({ auth }, body) => auth.register({ ...body, remember: false }), REGISTRATION);
    expect((await context.cookies()).map(({ expires }) => expires)).toEqual([-1, -1]);
  });
});

describe('a page of another origin', () => {
  const ATTACK = (target: string) => `<!doctype html><title>win</title>
    <form method="post" action="${target}/notes" enctype="text/plain"><input name="text" value="x"></form>
    <script>
      const send = (init) => fetch('${target}/notes', { method: 'POST', credentials: 'include', ...init });
      window.attack = async () => {
        await send({ mode: 'no-cors', body: 'text=x' });
        await send({ body: '{}', headers: { 'Content-Type': 'application/json' } }).catch(() => {});
      };
    </script>`;

  test.each([
    ['another port of localhost: the cookies come along', 'localhost', 403],
    ['127.0.0.1, which is another site: they do not', '127.0.0.1', 401],
  ])('at %s, and nothing is changed', async (_, host, status) => {
    const [tab] = (await open(1)) as [Page];
    await register(tab);
    const foreign = await startForeignSite(ATTACK(server.url));
    const page = await context.newPage();
    await page.goto(`http://${host}:${foreign.port}/`);
    await page.evaluate('window.attack()');
    await Promise.all([page.waitForNavigation(), page.evaluate("document.querySelector('form').submit()")]);
    const posts = server.log.filter(({ method, path }) => method === 'POST' && path === '/notes');
    // These are fetch without CORS, and the form. The JSON request fails at its preflight.
    expect(posts.map((exchange) => exchange.status)).toEqual([status, status]);
    await page.close();
    await foreign.close();
    expect(await requests(tab)).toEqual(Array(5).fill(200));
  });
});
