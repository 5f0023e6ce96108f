import type { AuthRequest } from '@acme/nest-auth';
import type { ProviderOptions } from '@acme/nest-auth/social';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type App, logInWith, me, newVerifier, startApp } from '../src/app.js';
import { Browser } from '../src/browser.js';
import { FakeProvider } from '../src/fake-provider.js';
import { CASES, optionsOf } from '../src/strategies.js';
import { somebody } from '../src/world.js';

/** A browser that is on a tenant's site. */
class TenantBrowser extends Browser {
  constructor(private readonly tenant: string) {
    super();
  }

  override request(url: string, sent: Parameters<Browser['request']>[1] = {}): Promise<Response> {
    return super.request(url, { ...sent, headers: { 'X-Tenant': this.tenant } });
  }
}

let app: App;
const fakes = new Map<string, FakeProvider>();
const clients = new Map<string, ProviderOptions>();

beforeAll(async () => {
  const about = CASES.google;
  if (!about) throw new Error('No Google');
  for (const tenant of ['red', 'blue']) {
    const fake = await new FakeProvider({ ...about.fake, clientId: `${tenant}-client` }).start();
    fakes.set(tenant, fake);
    clients.set(tenant, optionsOf('google', fake));
  }
  app = await startApp('express', {
    strategies: { google: about.strategy },
    providers: { google: async ({ headers }: AuthRequest) => clients.get(String(headers['x-tenant'])) },
  });
  for (const fake of fakes.values()) fake.clock = app.clock.read;
});
afterAll(async () => {
  await app.close();
  await Promise.all([...fakes.values()].map((fake) => fake.stop()));
});

test('each tenant logs in with a client of its own, at a provider of its own', async () => {
  const [one, other] = [somebody(), somebody()];
  (fakes.get('red') as FakeProvider).person = one;
  (fakes.get('blue') as FakeProvider).person = { ...other, id: one.id };
  const ids = [];
  for (const tenant of ['red', 'blue']) {
    const { tokens } = await logInWith(app, 'google', new TenantBrowser(tenant));
    ids.push((await me(app, tokens?.access_token ?? '')).body.id);
    expect(fakes.get(tenant)?.problems).toEqual([]);
  }
  // The same subject of two issuers is two people.
  expect(new Set(ids).size).toBe(2);
});

test('a login that one tenant began is not ended at another', async () => {
  const red = new TenantBrowser('red');
  const first = await red.request(`${app.origin}/auth/login/google?code_challenge=${newVerifier().challenge}`);
  const back = await red.request(first.headers.get('location') ?? '');
  const blue = new TenantBrowser('blue');
  blue.takeCookiesOf(red);
  const answer = await blue.request(back.headers.get('location') ?? '');
  expect(answer.headers.get('location')).toMatch(/#error=provider_answer_refused$/);
});

test('a tenant without a client has no such provider', async () => {
  const refused = await new TenantBrowser('green').open(`${app.origin}/auth/login/google`).catch((error) => error);
  expect(refused).toMatchObject({ status: 404, code: 'unknown_provider' });
});
