import type { ProviderOptions } from '@acme/nest-auth/social';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { allowInsecureRequests, discovery } from 'openid-client';
import { Strategy as OpenIdClient } from 'openid-client/passport';
import { Strategy as OpenIdConnect } from 'passport-openidconnect';
import { type App, freePort, logInWith, me, PLATFORMS, startApp } from '../src/app.js';
import { FakeProvider, type Person } from '../src/fake-provider.js';
import { openIdProvider } from '../src/open-id-provider.js';
import { CASES, optionsOf, setDiscordBase } from '../src/strategies.js';
import { identityBy } from '../src/user-info.js';

const ANN: Person = { id: 'p-1', email: 'ann@example.org', verified: true, name: 'Ann' };

describe.each(PLATFORMS)('on %s', (platform) => {
  describe.each(Object.entries(CASES))('%s', (name, { strategy, fake: about, verifies }) => {
    let fake: FakeProvider;
    let app: App;

    beforeAll(async () => {
      fake = await new FakeProvider(about).start();
      setDiscordBase(fake.url);
      app = await startApp(platform, {
        strategies: { [name]: strategy },
        providers: { [name]: optionsOf(name, fake) },
      });
      fake.clock = app.clock.read;
    });
    afterAll(async () => {
      await app.close();
      await fake.stop();
    });
    afterEach(() => expect(fake.problems).toEqual([]));

    test('logs a new user in, and the same one again', async () => {
      const first = await logInWith(app, name);
      expect(first).toMatchObject({ error: undefined, status: 200 });
      const { body } = await me(app, first.tokens?.access_token ?? '');
      expect(body).toMatchObject({ email: ANN.email });
      const again = await logInWith(app, name);
      expect((await me(app, again.tokens?.access_token ?? '')).body.id).toBe(body.id);
      const user = await app.userStore.findById(body.id);
      expect(user).toMatchObject({ passwordHash: null, emailVerifiedAt: verifies ? expect.any(Date) : null });
    });

    test('takes no word for an address that the provider has not verified', async () => {
      fake.person = { id: 'p-2', email: 'bob@example.org', verified: false, name: 'Bob' };
      const { tokens } = await logInWith(app, name);
      const { body } = await me(app, tokens?.access_token ?? '');
      expect(await app.userStore.findById(body.id)).toMatchObject({ login: 'bob@example.org', emailVerifiedAt: null });
    });
  });

  describe.each(['openid-client', 'passport-openidconnect'])('%s, at a real provider', (name) => {
    let provider: Awaited<ReturnType<typeof openIdProvider>>;
    let app: App;

    beforeAll(async () => {
      const port = await freePort();
      provider = await openIdProvider(ANN, [`http://127.0.0.1:${port}/auth/login/acme/callback`]);
      const { url, client } = provider;
      const given = name === 'openid-client' ? await ofOpenIdClient(url, client) : ofOpenIdConnect(url, client);
      app = await startApp(platform, {
        port,
        strategies: { acme: name === 'openid-client' ? OpenIdClient : OpenIdConnect },
        providers: {
          acme: { issuer: url, scope: name === 'openid-client' ? 'openid email' : ['openid', 'email'], ...given },
        },
      });
      // The provider uses the clock of this machine.
      app.clock.now = Date.now();
    });
    afterAll(async () => {
      await app.close();
      await provider.stop();
    });

    test('logs a new user in, and the same one again', async () => {
      const first = await logInWith(app, 'acme');
      expect(first).toMatchObject({ error: undefined, status: 200 });
      const { body } = await me(app, first.tokens?.access_token ?? '');
      expect(body).toMatchObject({ email: ANN.email });
      const again = await logInWith(app, 'acme');
      expect((await me(app, again.tokens?.access_token ?? '')).body.id).toBe(body.id);
      // Only a mapping can say that this provider verifies addresses.
      const emailVerifiedAt = name === 'openid-client' ? expect.any(Date) : null;
      expect(await app.userStore.findById(body.id)).toMatchObject({ emailVerifiedAt });
    });
  });
});

interface Client {
  readonly id: string;
  readonly secret: string;
}

async function ofOpenIdClient(url: string, { id, secret }: Client): Promise<ProviderOptions> {
  const config = await discovery(new URL(url), id, secret, undefined, { execute: [allowInsecureRequests] });
  return { config, identity: identityBy(config) };
}

function ofOpenIdConnect(url: string, { id, secret }: Client) {
  return {
    clientID: id,
    clientSecret: secret,
    authorizationURL: `${url}/auth`,
    tokenURL: `${url}/token`,
    userInfoURL: `${url}/me`,
    skipUserProfile: false,
  };
}
