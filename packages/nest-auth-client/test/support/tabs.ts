import { AuthClientError, createAuthClient } from '@acme/nest-auth-client';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { type Api, startApi } from './api-server.js';
import { enterBrowser } from './browser.js';

export const ADA = { email: 'ada@example.org', password: 'a fine long passphrase' };

type Tab = ReturnType<typeof createAuthClient>;

/** A browser on a page of a fresh API, for each test of a file. */
export function browserOnApi() {
  let api: Api;
  let browser: ReturnType<typeof enterBrowser>;
  beforeEach(async () => {
    api = await startApi();
    browser = enterBrowser(api.url);
  });
  afterEach(async () => {
    browser.leave();
    await api.close();
  });
  return {
    get api() {
      return api;
    },
    get browser() {
      return browser;
    },
    /** Replaces the browser with another one. */
    enter(options: { readonly locks?: boolean; readonly origin?: string }) {
      browser.leave();
      browser = enterBrowser(options.origin ?? api.url, options);
    },
  };
}

export const openTab = (options = {}): Tab => createAuthClient({ url: '/auth', ...options });
export const openTabs = (count: number): Tab[] => Array.from({ length: count }, () => openTab());

export const wait = (ms = 20) => new Promise((resolve) => setTimeout(resolve, ms));

/** The ends of sessions that a tab is told of. */
export function endsOf(tab: Tab): string[] {
  const ends: string[] = [];
  tab.on('session-ended', (reason) => ends.push(reason));
  return ends;
}

export async function failureOf(work: Promise<unknown>): Promise<AuthClientError> {
  const error = await work.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(AuthClientError);
  return error as AuthClientError;
}
