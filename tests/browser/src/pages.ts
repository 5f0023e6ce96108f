import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import type { Api } from '../../../packages/nest-auth-client/test/support/api-server.js';

export const PAGE = `<!doctype html><title>tab</title><script type="module">
import * as client from '/client.js';
const { createAuthClient } = window.client = client;
window.auth = createAuthClient({ url: '/auth' });
window.ends = [];
auth.on('session-ended', (reason) => ends.push(reason));
</script>`;

/** The globals of the page. */
export interface Tab {
  readonly client: typeof import('@acme/nest-auth-client');
  readonly auth: import('@acme/nest-auth-client').AuthClient;
  readonly ends: string[];
}

/** @throws if there is no Chromium: a proof that did not run is not a proof */
export function launch(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}

/** Lets the server serve the page and the built client. */
export async function servePage(api: Api): Promise<void> {
  const client = await readFile(fileURLToPath(import.meta.resolve('@acme/nest-auth-client')), 'utf8');
  const send = (type: string, text: string) => (_: unknown, response: ServerResponse) =>
    response.writeHead(200, { 'Content-Type': type }).end(text);
  api.instead.set('GET /', send('text/html', PAGE));
  api.instead.set('GET /client.js', send('text/javascript', client));
}

export async function openTab(context: BrowserContext, url: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction('window.auth !== undefined');
  return page;
}

/** Runs a function in the page, with its window and with a value that is passed as JSON. */
export function within<T, V>(page: Page, work: (tab: Tab, value: V) => T | Promise<T>, value?: V): Promise<T> {
  return page.evaluate(`(${work})(window, ${JSON.stringify(value)})`) as Promise<T>;
}
