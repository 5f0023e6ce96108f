import { describe, expect, test } from '@jest/globals';
import { logInWith, newVerifier } from '../src/app.js';
import { Browser, fragmentOf, Refused } from '../src/browser.js';
import { somebody, worldWith } from '../src/world.js';

const world = worldWith(['google', 'github']);

const begin = (provider = 'google') =>
  `${world.app.origin}/auth/login/${provider}?code_challenge=${newVerifier().challenge}`;

/** Goes to the provider and back, and stops before the request to the app. @returns the address of the callback */
async function callbackOf(browser: Browser, provider = 'google'): Promise<string> {
  const first = await browser.request(begin(provider));
  const back = await browser.request(first.headers.get('location') ?? '');
  return back.headers.get('location') ?? '';
}

const codeOf = async (answer: Response) => ((await answer.json()) as { code?: string }).code;

describe('the state of a login', () => {
  test('is used up by the first answer', async () => {
    world.is('google', somebody());
    const browser = new Browser();
    const callback = await callbackOf(browser);
    expect((await browser.request(callback)).status).toBe(302);
    const again = await browser.request(callback);
    expect([again.status, await codeOf(again)]).toEqual([400, 'invalid_login_state']);
  });

  test('is of no use in another browser, and still works in its own', async () => {
    world.is('google', somebody());
    const browser = new Browser();
    const callback = await callbackOf(browser);
    for (const other of [new Browser(), await withCookie()]) {
      const stolen = await other.request(callback);
      expect([stolen.status, await codeOf(stolen)]).toEqual([400, 'invalid_login_state']);
    }
    expect((await browser.request(callback)).status).toBe(302);
  });

  test('is of no use with another provider', async () => {
    world.is('google', somebody());
    const browser = new Browser();
    const callback = await callbackOf(browser);
    const swapped = await browser.request(callback.replace('/google/', '/github/'));
    expect([swapped.status, await codeOf(swapped)]).toEqual([400, 'invalid_login_state']);
  });

  test.each(['state', 'code'])('is refused without its %s', async (name) => {
    world.is('google', somebody());
    const browser = new Browser();
    const callback = new URL(await callbackOf(browser));
    callback.searchParams.delete(name);
    const answer = await browser.request(callback.href);
    // Without a code the strategy would begin again, and redirect the browser forever.
    const told = name === 'state' ? await codeOf(answer) : fragmentOf(answer.headers.get('location') ?? '').error;
    expect(told).toBe(name === 'state' ? 'invalid_login_state' : 'provider_answer_refused');
  });

  test('runs out after ten minutes', async () => {
    world.is('google', somebody());
    const browser = new Browser();
    const callback = await callbackOf(browser);
    world.app.clock.advance(11 * 60);
    const late = await browser.request(callback);
    expect([late.status, await codeOf(late)]).toEqual([400, 'invalid_login_state']);
  });

  test('leaves the logins of other tabs alone', async () => {
    world.is('google', somebody());
    const browser = new Browser();
    const [one, two] = [await callbackOf(browser), await callbackOf(browser)];
    expect((await browser.request(two)).status).toBe(302);
    expect((await browser.request(one)).status).toBe(302);
  });

  test('is not shown by the store, nor are the secrets in a form that finds it', async () => {
    const browser = new Browser();
    const callback = new URL(await callbackOf(browser));
    const state = callback.searchParams.get('state') ?? '';
    expect(await world.app.ephemeralStore.get(`social:${state}`)).toBeNull();
    expect(await world.app.ephemeralStore.get(state)).toBeNull();
  });
});

describe('the answer of a provider', () => {
  test.each([
    ['of another issuer', { authorize: (answer: URLSearchParams) => answer.set('iss', 'https://evil.example') }],
    ['with an ID token of another issuer', withClaims({ iss: 'https://evil.example' })],
    ['with an ID token for another client', withClaims({ aud: 'another' })],
    ['with an ID token of another login', withClaims({ nonce: 'another' })],
    ['with an ID token without a nonce', withClaims({ nonce: undefined })],
    ['with an ID token that has expired', withClaims({ exp: 1 })],
    ['with an ID token of somebody else', withClaims({ sub: 'somebody-else' })],
  ])('is refused %s', async (_, misbehaviour) => {
    world.is('google', somebody());
    world.fake('google').misbehaviour = misbehaviour;
    expect(await logInWith(world.app, 'google')).toMatchObject({ error: 'provider_answer_refused' });
  });

  test('is taken with the issuer that it should have', async () => {
    world.is('google', somebody());
    world.fake('google').misbehaviour = { authorize: (answer) => answer.set('iss', world.fake('google').url) };
    expect(await logInWith(world.app, 'google')).toMatchObject({ status: 200 });
  });

  test.each([
    ['access_denied', 'login_denied'],
    ['server_error', 'provider_failed'],
    ['<script>', 'provider_failed'],
  ])('that says %s is told to the page as %s', async (error, told) => {
    world.fake('google').misbehaviour = {
      authorize: (answer) => {
        answer.delete('code');
        answer.set('error', error);
        answer.set('error_description', 'Call 0800 1234 to unlock your account');
      },
    };
    const outcome = await logInWith(world.app, 'google');
    expect(outcome.page).toBe(`https://app.example.org/welcome#error=${told}`);
  });

  test('with a parameter twice is refused', async () => {
    const browser = new Browser();
    const callback = await callbackOf(browser);
    const twice = await browser.request(`${callback}&code=another`);
    expect([twice.status, await codeOf(twice)]).toEqual([400, 'invalid_request']);
  });
});

test('a provider that the app does not have is a 404', async () => {
  for (const path of ['login/myspace', 'login/myspace/callback', 'login/__proto__', 'login/constructor']) {
    const refused = await new Browser().open(`${world.app.origin}/auth/${path}`).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 404, code: 'unknown_provider' });
    expect(refused).toBeInstanceOf(Refused);
  }
});

test('a login asks for a challenge of its client where tokens go out in bodies', async () => {
  for (const query of ['', '?code_challenge=short', `?code_challenge=${'a'.repeat(43)}&code_challenge_method=plain`]) {
    const page = await new Browser().open(`${world.app.origin}/auth/login/google${query}`);
    expect(fragmentOf(page)).toEqual({ error: 'invalid_request' });
  }
});

/** A browser that has begun a login. */
async function withCookie(): Promise<Browser> {
  const browser = new Browser();
  await browser.request(begin());
  return browser;
}

function withClaims(changes: object) {
  return { idToken: (claims: Record<string, unknown>) => void Object.assign(claims, changes) };
}
