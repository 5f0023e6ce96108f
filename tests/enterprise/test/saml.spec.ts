import { setTimeout as pause } from 'node:timers/promises';
import { deflateRawSync } from 'node:zlib';
import type { EphemeralStore } from '@acme/nest-auth';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Type } from '@nestjs/common';
import { SamlBrowser } from '../src/browser.js';
import { runDocumented } from '../src/documented.js';
import { type Form, identityProvider, type Said, type TestProvider } from '../src/identity-provider.js';
import { claimsOf, startApp, type TestApp } from '../src/world.js';

type Requests = new (
  store: EphemeralStore,
) => {
  saveAsync(id: string, value: string): Promise<unknown>;
  getAsync(id: string): Promise<string | null>;
  removeAsync(id: string | null): Promise<string>;
};

let idp: TestProvider;
let other: TestProvider;
let app: TestApp;
let SamlRequests: Requests;
let browser: SamlBrowser;
let said: Said;

beforeAll(async () => {
  [idp, other] = await Promise.all([identityProvider(), identityProvider()]);
  said = idp.says;
  await runDocumented('company-accounts', 'class CompanyAccounts');
  ({ SamlRequests } = await runDocumented<{ SamlRequests: Requests }>('saml-requests', 'class SamlRequests'));
  const { SamlModule } = await runDocumented<{ SamlModule: Type }>(
    'saml',
    'class SamlStrategy',
    `import { CompanyAccounts } from './company-accounts.js';
     import { SamlRequests } from './saml-requests.js';
     const idp = ${JSON.stringify({ entryPoint: idp.entryPoint, cert: idp.cert })};`,
  );
  app = await startApp({ imports: [SamlModule], options: { transport: 'both' } });
});
afterAll(async () => {
  await app.close();
  await Promise.all([idp.close(), other.close()]);
});
beforeEach(() => {
  idp.says = { ...said, nameId: `p-${crypto.randomUUID()}` };
  browser = new SamlBrowser(app.url);
});

const REFUSED = { status: 401, code: 'invalid_credentials' };

describe('a login by SAML', () => {
  test('ends with tokens that say how the user logged in, and finds the same user again', async () => {
    const first = await browser.logIn();
    expect(first).toMatchObject({ status: 200, answer: { token_type: 'Bearer', access_token: expect.any(String) } });
    const claims = claimsOf(String(first.answer.access_token));
    expect(claims.amr).toEqual(['saml']);
    const again = claimsOf(String((await new SamlBrowser(app.url).logIn()).answer.access_token));
    expect(again.sub).toBe(claims.sub);
    idp.says = { ...said, nameId: 'somebody-else' };
    expect(claimsOf(String((await browser.logIn()).answer.access_token)).sub).not.toBe(claims.sub);
  });

  test("answers the provider's form by 303 to the app's page, with nothing of the answer in the address", async () => {
    const form = await browser.ask();
    const { status, location } = await browser.bring(form);
    expect([status, location]).toEqual([
      303,
      expect.stringMatching(/^https:\/\/app\.example\.org\/signed-in#saml=[\w-]{43}$/),
    ]);
    expect(browser.attributes).toMatch(/^__Host-saml=[\w-]{43}; Path=\/; Max-Age=600; Secure; HttpOnly; SameSite=Lax$/);
    expect(form.RelayState).toBe(browser.cookie.split('=')[1]);
  });

  test('gives its tokens in cookies to a page that asks for them so', async () => {
    const { answer } = await browser.bring(await browser.ask());
    const response = await fetch(`${app.url}/saml/login`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'Sec-Fetch-Site': 'same-origin',
        'X-Auth-Transport': 'cookie',
        Cookie: browser.cookie,
      },
      body: JSON.stringify({ answer }),
    });
    expect(await response.json()).toEqual({ expires_in: expect.any(Number) });
    expect(response.headers.getSetCookie()).toHaveLength(2);
  });

  test('is refused if another account has the login', async () => {
    const user = { login: idp.says.nameId, passwordHash: null, roles: [], profile: {} };
    await app.userStore.create(user);
    expect(await browser.logIn()).toMatchObject({ status: 409, code: 'login_taken' });
  });
});

describe("a provider's answer works", () => {
  const finishWith = async (form: Form) => browser.finish((await browser.bring(form)).answer);

  test('once, however many times it comes at once', async () => {
    const form = await browser.ask();
    const { get } = app.ephemeralStore;
    // As with a remote store: all of them read the request before one of them deletes it.
    app.ephemeralStore.get = async (key) => {
      const value = await get.call(app.ephemeralStore, key);
      await pause(500);
      return value;
    };
    const brought = await Promise.all(Array.from({ length: 20 }, () => browser.bring(form)));
    const outcomes = await Promise.all(brought.map(({ answer }) => browser.finish(answer)));
    expect(outcomes.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(outcomes.filter(({ status }) => status === 401)).toHaveLength(19);
    app.ephemeralStore.get = get;
    expect(await finishWith(form)).toMatchObject(REFUSED);
  });

  test('once under the address that the page was given', async () => {
    const { answer } = await browser.bring(await browser.ask());
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => browser.finish(answer)));
    expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401, 401]);
  });

  test('in the browser that asked, and in no other: nobody is logged in as somebody else', async () => {
    const { answer } = await browser.bring(await browser.ask());
    const victim = new SamlBrowser(app.url);
    expect(await victim.finish(answer)).toMatchObject(REFUSED);
    await victim.ask();
    expect(await victim.finish((await browser.bring(await browser.ask())).answer)).toMatchObject(REFUSED);
  });

  test('with the state of the cookie, whatever the address of the start says', async () => {
    const form = await browser.ask('?RelayState=chosen-by-others');
    expect(form.RelayState).toBe(browser.cookie.split('=')[1]);
    expect(await finishWith(form)).toMatchObject({ status: 200 });
  });

  test.each<[string, (form: Form) => Form]>([
    ['that is changed', (form) => rewritten(form, (xml) => xml.replace(/p-[\w-]{36}/, 'the-boss'))],
    [
      'without its signatures',
      (form) => rewritten(form, (xml) => xml.replace(/<ds:Signature[\s\S]*?<\/ds:Signature>/g, '')),
    ],
    ['that is not SAML', (form) => ({ ...form, SAMLResponse: Buffer.from('<nothing/>').toString('base64') })],
    ['that is not XML', (form) => ({ ...form, SAMLResponse: 'nothing' })],
  ])('unless it is one %s', async (_, change) => {
    expect(await finishWith(change(await browser.ask()))).toMatchObject(REFUSED);
  });

  test.each<[string, () => Partial<Said>]>([
    ['is for another app', () => ({ audience: 'https://other.example.org/saml' })],
    ['is too old', () => ({ until: new Date(Date.now() - 1000) })],
    ['answers a request that nobody made', () => ({ inResponseTo: `_${crypto.randomUUID()}` })],
    ['answers no request', () => ({ inResponseTo: '' })],
    ['names the user for this session only', () => ({ format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' })],
  ])('unless it %s', async (_, says) => {
    idp.says = { ...idp.says, ...says() };
    expect(await browser.logIn()).toMatchObject(REFUSED);
  });

  test('unless another provider signed it', async () => {
    const start = await fetch(`${app.url}/saml`, { redirect: 'manual' });
    browser.cookie = (start.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    const { search } = new URL(start.headers.get('location') ?? '');
    const page = await (await fetch(`${other.entryPoint}${search}`)).text();
    const [, SAMLResponse = ''] = /name="SAMLResponse" value="([^"]*)"/.exec(page) ?? [];
    const RelayState = browser.cookie.split('=')[1] ?? '';
    expect(await finishWith({ SAMLResponse, RelayState })).toMatchObject(REFUSED);
  });

  test('not for an answer to a logout that comes along in the address, and needs no signature', async () => {
    const { answer } = await browser.bring(await browser.ask());
    const logout = `<p:LogoutResponse xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Version="2.0"
      InResponseTo="${browser.requestId}"><p:Status>
      <p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></p:Status></p:LogoutResponse>`;
    const query = new URLSearchParams({ SAMLResponse: deflateRawSync(logout).toString('base64') });
    expect(await browser.finish(answer, `?${query}`)).toMatchObject(REFUSED);
  });
});

test.each(['put', 'take', 'get'] as const)('a store that is down is a 503 and no login: %s', async (method) => {
  const { answer } = await browser.bring(await browser.ask());
  const original = app.ephemeralStore[method];
  Object.assign(app.ephemeralStore, { [method]: () => Promise.reject(new Error('ECONNREFUSED')) });
  try {
    const outcome =
      method === 'put' ? await fetch(`${app.url}/saml`, { redirect: 'manual' }) : await browser.finish(answer);
    expect(outcome.status).toBe(503);
  } finally {
    Object.assign(app.ephemeralStore, { [method]: original });
  }
});

test('a request that one process made is answered at another, once', async () => {
  const [one, another] = [new SamlRequests(app.ephemeralStore), new SamlRequests(app.ephemeralStore)];
  await one.saveAsync('_1', '2026-01-01');
  expect(await another.getAsync('_1')).toBe('2026-01-01');
  const removals = await Promise.allSettled([one.removeAsync('_1'), another.removeAsync('_1')]);
  expect(removals.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await expect(one.removeAsync(null)).rejects.toThrow();
});

function rewritten(form: Form, change: (xml: string) => string): Form {
  const xml = Buffer.from(form.SAMLResponse, 'base64').toString();
  const changed = change(xml);
  expect(changed).not.toBe(xml);
  return { ...form, SAMLResponse: Buffer.from(changed).toString('base64') };
}
