import { afterEach, describe, expect, test } from '@jest/globals';
import { bearer, newVerifier, PAGE, register } from '../src/app.js';
import { Browser, Refused } from '../src/browser.js';
import { somebody, worldWith } from '../src/world.js';

const DEEP = 'https://app.example.org/notes?tab=all';
let isOpen = true;

const world = worldWith(['google'], {
  social: { returnTo: [PAGE, DEEP] },
  options: { beforeAttempt: () => isOpen },
});

afterEach(() => {
  isOpen = true;
});

type Query = Readonly<Record<string, string>>;

const begin = (query: Query = {}, provider = 'google') => {
  const asked = new URLSearchParams({ code_challenge: newVerifier().challenge, ...query });
  return new Browser().open(`${world.app.origin}/auth/login/${provider}?${asked}`);
};
const refusalOf = (query: Query, provider?: string) => begin(query, provider).catch((error: unknown) => error);

describe('a login that is refused before it reaches the provider', () => {
  test.each([
    ['the first page of the list', {}, PAGE],
    ['the page that was asked for', { return_to: DEEP }, DEEP],
  ])('ends at %s, which learns why', async (_, query, page) => {
    isOpen = false;
    expect(await begin(query)).toBe(`${page}#error=attempt_refused`);
    isOpen = true;
    expect(await begin({ ...query, code_challenge: 'short' })).toBe(`${page}#error=invalid_request`);
    expect(await begin({ ...query, link: 'used or made up' })).toBe(`${page}#error=invalid_login_code`);
  });

  test('ends at no page that is not listed, for whatever reason', async () => {
    for (const open of [true, false]) {
      isOpen = open;
      for (const query of [{}, { code_challenge: 'short' }, { link: 'made up' }] as Query[]) {
        const refused = await refusalOf({ ...query, return_to: 'https://evil.example/' });
        expect(refused).toBeInstanceOf(Refused);
        expect(refused).toMatchObject({ status: 400, code: 'invalid_request', body: { field: 'return_to' } });
      }
    }
  });

  test('is a 404 for an unknown provider, without a redirect', async () => {
    expect(await refusalOf({}, 'myspace')).toMatchObject({ status: 404, code: 'unknown_provider' });
  });
});

describe.each(['begins', 'ends'])('a login that %s while a store is down', (when) => {
  test('is a 503 without a redirect or a new cookie', async () => {
    const person = somebody();
    world.is('google', person);
    const store = when === 'begins' ? world.app.ephemeralStore : world.app.userStore;
    const method = when === 'begins' ? 'put' : 'findByLogin';
    const working = Reflect.get(store, method);
    Reflect.set(store, method, () => Promise.reject(new Error('down')));
    const browser = new Browser();
    const url = `${world.app.origin}/auth/login/google?code_challenge=${newVerifier().challenge}`;
    const refused = await browser.open(url).catch((error: unknown) => error);
    Reflect.set(store, method, working);
    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ status: 503, code: 'store_unavailable' });
    expect(Object.keys(browser.cookiesOf(world.app.origin))).toHaveLength(when === 'begins' ? 0 : 1);
    expect(await begin()).toMatch(`${PAGE}#code=`);
  });
});

test('a link to add a provider leads to the first page once it is used up', async () => {
  const { access_token } = await register(world.app, somebody().email ?? '');
  const asked = { return_to: DEEP };
  const begun = await world.app.http('POST', '/auth/identities/google', asked, bearer(access_token));
  expect(await new Browser().open(begun.body.url)).toMatch(`${DEEP}#link_code=`);
  expect(await new Browser().open(begun.body.url)).toBe(`${PAGE}#error=invalid_login_code`);
});
