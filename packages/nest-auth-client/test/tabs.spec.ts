import { bearer } from '@acme/nest-auth-client';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { json, refuse } from './support/api-server.js';
import { ADA, browserOnApi, endsOf, openTab, openTabs, wait } from './support/tabs.js';

const page = browserOnApi();

describe('ten tabs', () => {
  test('refresh once together, round after round', async () => {
    const tabs = openTabs(10);
    await tabs[0]!.login(ADA);
    for (let round = 1; round <= 20; round += 1) {
      await wait(2);
      page.api.expire();
      const responses = await Promise.all(tabs.flatMap((tab) => [tab.fetch('/notes'), tab.fetch('/notes')]));
      expect(responses.map(({ status }) => status)).toEqual(Array(20).fill(200));
      expect([page.api.rotations(), page.api.repeats()]).toEqual([round, 0]);
    }
  });

  test('do not refresh again if the lock is free because another tab has just finished', async () => {
    const [late, early] = [openTab(), openTab()];
    await early.login(ADA);
    await wait(5);
    page.api.expire();
    page.api.instead.set('GET /notes', async (_, response) => {
      page.api.instead.delete('GET /notes');
      // The other tab's refresh begins and ends before this tab gets its refusal.
      await early.fetch('/notes');
      refuse(response, 401, 'token_expired');
    });
    expect((await late.fetch('/notes')).status).toBe(200);
    expect(page.api.rotations()).toBe(1);
  });

  test('of a browser without locks work by the grace of the server', async () => {
    page.enter({ locks: false });
    const tabs = openTabs(10);
    await tabs[0]!.login(ADA);
    page.api.expire();
    const responses = await Promise.all(tabs.map((tab) => tab.fetch('/notes')));
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(page.api.rotations() + page.api.repeats()).toBe(10);
  });

  test('of a browser without locks refresh once each, also for a request that is refused later', async () => {
    page.enter({ locks: false });
    const auth = openTab();
    await auth.login(ADA);
    page.api.expire();
    page.api.instead.set('GET /notes', async (_, response) => {
      page.api.instead.delete('GET /notes');
      await auth.fetch('/notes');
      refuse(response, 401, 'token_expired');
    });
    expect((await auth.fetch('/notes')).status).toBe(200);
    expect(page.api.count('POST /auth/refresh')).toBe(1);
  });

  test('are told once each that the session has ended', async () => {
    const tabs = openTabs(10);
    const ends = tabs.map(endsOf);
    await tabs[0]!.login(ADA);
    page.api.revoke();
    const responses = await Promise.all(tabs.map((tab) => tab.fetch('/notes')));
    await wait();
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(401));
    expect(ends).toEqual(Array(10).fill(['session_revoked']));
  });

  test('are told of a logout in one of them, and of the next one after a login', async () => {
    const tabs = openTabs(10);
    const ends = tabs.map(endsOf);
    for (const times of [1, 2]) {
      await tabs[0]!.login(ADA);
      await wait();
      await tabs[1]!.logout();
      await wait();
      expect(ends).toEqual(Array(10).fill(Array(times).fill('logout')));
    }
    expect((await tabs[2]!.fetch('/notes')).status).toBe(401);
    await wait();
    expect(ends[2]).toHaveLength(2);
  });

  test('hold a mark for a while and then let it go', async () => {
    const auth = openTab();
    await auth.login(ADA);
    expect(page.browser.locks.held()).toEqual([expect.stringMatching(/^nest-auth:http:.*\/auth\/#\d+login$/)]);
    page.browser.elapse();
    await wait();
    expect(page.browser.locks.held()).toEqual([]);
  });
});

describe('the end of a session', () => {
  test('is not told to a visitor who never logged in', async () => {
    const auth = openTab();
    const ends = endsOf(auth);
    expect((await auth.fetch('/notes')).status).toBe(401);
    expect(ends).toEqual([]);
  });

  test('is told when cookies that were there are gone', async () => {
    const auth = openTab();
    const ends = endsOf(auth);
    await auth.login(ADA);
    page.browser.jar.clear();
    expect((await auth.fetch('/notes')).status).toBe(401);
    expect(ends).toEqual(['missing_token']);
  });

  test('is told to a page that was reloaded, once the server has known its user', async () => {
    await openTab().login(ADA);
    const reloaded = openTab();
    const ends = endsOf(reloaded);
    await reloaded.me();
    page.browser.jar.clear();
    expect((await reloaded.fetch('/notes')).status).toBe(401);
    expect(ends).toEqual(['missing_token']);
  });

  test('is not told to a visitor who was never logged in', async () => {
    const auth = openTab();
    const ends = endsOf(auth);
    await expect(auth.me()).rejects.toMatchObject({ code: 'missing_token' });
    expect(ends).toEqual([]);
  });

  test('is not told to a listener that has unsubscribed', async () => {
    const auth = openTab();
    const ends: string[] = [];
    auth.on('session-ended', (reason) => ends.push(reason))();
    await auth.login(ADA);
    await auth.logout();
    await wait();
    expect(ends).toEqual([]);
  });
});

describe('tokens in a storage that tabs share', () => {
  const tokens = (n: number) => ({ access_token: `a${n}`, refresh_token: `r${n}`, expires_in: 900 });
  const sharedStorage = () => {
    let kept: string | null = null;
    return {
      shared: true,
      get: async () => (kept ? JSON.parse(kept) : null),
      set: async (value: object | null) => {
        kept = value && JSON.stringify(value);
      },
    };
  };
  let present = 0;
  beforeEach(() => {
    present = 0;
    page.api.instead.set('POST /auth/login', (_, response) => json(response, 200, tokens(present)));
    page.api.instead.set('POST /auth/refresh', (_, response) => {
      present += 1;
      json(response, 200, tokens(present));
    });
    page.api.instead.set('GET /notes', ({ headers }, response) =>
      headers.authorization === `Bearer a${present}` ? json(response, 200, {}) : refuse(response, 401, 'token_expired'),
    );
  });

  test('are refreshed once for ten tabs, and a logout reaches them all', async () => {
    const storage = sharedStorage();
    const tabs = Array.from({ length: 10 }, () => openTab({ transport: bearer(storage) }));
    const ends = tabs.map(endsOf);
    await tabs[0]!.login(ADA);
    present = 7;
    const responses = await Promise.all(tabs.map((tab) => tab.fetch('/notes')));
    expect(responses.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(page.api.count('POST /auth/refresh')).toBe(1);
    await tabs[0]!.logout();
    await wait();
    expect(ends).toEqual(Array(10).fill(['logout']));
    expect(await storage.get()).toBeNull();
  });

  test('are not shared unless the storage says so', async () => {
    const tabs = [openTab({ transport: bearer() }), openTab({ transport: bearer() })];
    const ends = tabs.map(endsOf);
    await Promise.all(tabs.map((tab) => tab.login(ADA)));
    await tabs[0]!.logout();
    await wait();
    expect(ends).toEqual([['logout'], []]);
    expect((await tabs[1]!.fetch('/notes')).status).toBe(200);
  });
});
