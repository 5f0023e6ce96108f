import { describe, expect, test } from '@jest/globals';
import { bearer, logInWith, me, PAGE, PASSWORD, register } from '../src/app.js';
import { Browser, fragmentOf } from '../src/browser.js';
import { somebody, worldWith } from '../src/world.js';

const world = worldWith(['google', 'github', 'facebook'], {
  social: { profile: ({ name, provider }) => ({ name, from: provider }) },
});

const idOf = async (token = '') => (await me(world.app, token)).body.id as string;
const list = async (token: string) =>
  (await world.app.http('GET', '/auth/identities', undefined, bearer(token))).body as {
    id: string;
    provider: string;
  }[];
const unlink = (token: string, id: string) =>
  world.app.http('DELETE', `/auth/identities/${id}`, undefined, bearer(token));
const codes = (type: string) => world.app.events.filter((event) => event.type === type).length;

/** Adds a provider to the account of a token. */
async function link(token: string, provider: string, browser = new Browser()) {
  const begun = await world.app.http('POST', `/auth/identities/${provider}`, { return_to: PAGE }, bearer(token));
  expect(begun.status).toBe(200);
  const { link_code } = fragmentOf(await browser.open(begun.body.url));
  return world.app.http('POST', '/auth/identities', { link_code }, bearer(token));
}

describe('beginning to add an identity', () => {
  test.each([
    ['no body', {}],
    ['an empty object', { body: '{}', headers: { 'content-type': 'application/json' } }],
  ])('accepts %s: the first page of the list is meant', async (_, sent) => {
    const { access_token } = await register(world.app, somebody().email ?? '');
    const begun = await post(access_token, sent);
    expect(begun.status).toBe(200);
    const { url } = (await begun.json()) as { readonly url: string };
    world.is('google', somebody());
    expect(await new Browser().open(url)).toMatch(`${PAGE}#link_code=`);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded'])('refuses what a form can send: %s', async (type) => {
    const { access_token } = await register(world.app, somebody().email ?? '');
    const begun = await post(access_token, { body: 'return_to=x', headers: { 'content-type': type } });
    expect([400, 415]).toContain(begun.status);
  });

  const post = (token: string, { headers = {}, ...sent }: { body?: string; headers?: Record<string, string> }) =>
    fetch(`${world.app.origin}/auth/identities/google`, {
      method: 'POST',
      ...sent,
      headers: { ...headers, ...bearer(token) },
    });
});

describe('an identity', () => {
  test('is the subject of an issuer: a new address is the same user, the address of another is not', async () => {
    const person = somebody();
    world.is('google', person);
    const first = await idOf((await logInWith(world.app, 'google')).tokens?.access_token);
    const moved = somebody({ id: person.id });
    world.is('google', moved);
    expect(await idOf((await logInWith(world.app, 'google')).tokens?.access_token)).toBe(first);
    // Google has given the address to somebody else since.
    world.is('google', somebody({ email: moved.email }));
    expect(await idOf((await logInWith(world.app, 'google')).tokens?.access_token)).not.toBe(first);
  });

  test('of one provider is not that of another with the same number', async () => {
    const [one, other] = [somebody(), somebody()];
    world.is('google', one);
    world.is('facebook', { ...other, id: one.id });
    const first = await idOf((await logInWith(world.app, 'google')).tokens?.access_token);
    expect(await idOf((await logInWith(world.app, 'facebook')).tokens?.access_token)).not.toBe(first);
  });

  test('brings the fields that the app makes of it to a new account, and no password', async () => {
    const person = somebody();
    world.is('google', person);
    const id = await idOf((await logInWith(world.app, 'google')).tokens?.access_token);
    expect(await world.app.userStore.findById(id)).toMatchObject({
      login: person.email,
      passwordHash: null,
      profile: { name: person.name, from: 'google' },
    });
  });

  test('without an address makes no account', async () => {
    world.is('facebook', somebody({ email: null }));
    expect(await logInWith(world.app, 'facebook')).toMatchObject({ error: 'email_missing' });
  });

  test('without a subject is nobody', async () => {
    world.is('facebook', somebody({ id: '' }));
    expect(await logInWith(world.app, 'facebook')).toMatchObject({ error: 'provider_answer_refused' });
  });

  test('of a disabled account does not log in', async () => {
    world.is('google', somebody());
    const id = await idOf((await logInWith(world.app, 'google')).tokens?.access_token);
    world.app.userStore.update(id, { disabledAt: new Date() });
    expect(await logInWith(world.app, 'google')).toMatchObject({ error: 'user_disabled' });
  });

  test('that comes twice at once makes one account', async () => {
    world.is('google', somebody());
    const users = codes('registered');
    const both = await Promise.all([logInWith(world.app, 'google'), logInWith(world.app, 'google')]);
    const ids = await Promise.all(both.map(({ tokens }) => idOf(tokens?.access_token)));
    expect(codes('registered') - users).toBe(1);
    expect(new Set(ids.filter((id) => id !== undefined)).size).toBe(1);
  });
});

describe('an account of the same address', () => {
  test('is logged in to if both sides have verified the address', async () => {
    const person = somebody();
    world.is('google', person);
    const first = await idOf((await logInWith(world.app, 'google')).tokens?.access_token);
    world.is('github', { ...person, id: 'another number' });
    const { tokens } = await logInWith(world.app, 'github');
    expect(await idOf(tokens?.access_token)).toBe(first);
    expect((await list(tokens?.access_token ?? '')).map(({ provider }) => provider).sort()).toEqual([
      'github',
      'google',
    ]);
  });

  test('gets the identity once, also if it was not verified and changes hands', async () => {
    const person = somebody();
    await register(world.app, person.email ?? '');
    world.is('google', person);
    const [linked, unlinked] = [codes('identity_linked'), codes('identity_unlinked')];
    const { tokens } = await logInWith(world.app, 'google');
    expect((await list(tokens?.access_token ?? '')).map(({ provider }) => provider)).toEqual(['google']);
    expect([codes('identity_linked'), codes('identity_unlinked')]).toEqual([linked + 1, unlinked]);
  });

  test.each(['verified', 'unverified'])(
    'stays closed to an address that is only claimed: %s account',
    async (account) => {
      const person = somebody();
      if (account === 'verified') {
        world.is('google', person);
        await logInWith(world.app, 'google');
      } else await register(world.app, person.email ?? '');
      world.is('facebook', { ...person, id: 'claims it' });
      const refused = await logInWith(world.app, 'facebook');
      expect(refused).toMatchObject({ error: 'account_exists' });
      // Nothing about the account, or how its owner logs in.
      expect(fragmentOf(refused.page)).toEqual({ error: 'account_exists' });
    },
  );
});

describe('adding a provider', () => {
  test('makes it a way in to the same account', async () => {
    const { access_token } = await register(world.app, somebody().email ?? '');
    world.is('google', somebody());
    expect((await link(access_token, 'google')).status).toBe(204);
    const { tokens } = await logInWith(world.app, 'google');
    expect(await idOf(tokens?.access_token)).toBe(await idOf(access_token));
    expect(codes('identity_linked')).toBeGreaterThan(0);
  });

  test('needs a login', async () => {
    for (const [method, path] of [
      ['GET', '/auth/identities'],
      ['POST', '/auth/identities'],
      ['POST', '/auth/identities/google'],
      ['DELETE', '/auth/identities/x'],
    ] as const) {
      expect((await world.app.http(method, path, method === 'POST' ? {} : undefined)).status).toBe(401);
    }
  });

  test('is not done for somebody whom another user has sent there', async () => {
    const attacker = await register(world.app, somebody().email ?? '');
    const victim = await register(world.app, somebody().email ?? '');
    world.is('google', somebody());
    const begun = await world.app.http('POST', '/auth/identities/google', {}, bearer(attacker.access_token));
    // The victim opens the attacker's link, and the victim's page handles it as usual.
    const { link_code } = fragmentOf(await new Browser().open(begun.body.url));
    const done = await world.app.http('POST', '/auth/identities', { link_code }, bearer(victim.access_token));
    expect(done).toMatchObject({ status: 400, body: { code: 'invalid_login_code' } });
    expect(await list(attacker.access_token)).toEqual([]);
    expect(await list(victim.access_token)).toEqual([]);
  });

  test('is begun once by each link, and ended once by each code', async () => {
    const { access_token } = await register(world.app, somebody().email ?? '');
    world.is('google', somebody());
    const begun = await world.app.http('POST', '/auth/identities/google', {}, bearer(access_token));
    const { link_code } = fragmentOf(await new Browser().open(begun.body.url));
    expect(await new Browser().open(begun.body.url)).toBe(`${PAGE}#error=invalid_login_code`);
    const end = () => world.app.http('POST', '/auth/identities', { link_code }, bearer(access_token));
    expect((await end()).status).toBe(204);
    expect((await end()).body.code).toBe('invalid_login_code');
  });

  test('is begun with the provider that was named', async () => {
    const { access_token } = await register(world.app, somebody().email ?? '');
    const begun = await world.app.http('POST', '/auth/identities/google', {}, bearer(access_token));
    const swapped = begun.body.url.replace('/google', '/github');
    expect(await new Browser().open(swapped)).toBe(`${PAGE}#error=invalid_login_code`);
  });

  test('does not take it from another account', async () => {
    world.is('google', somebody());
    await logInWith(world.app, 'google');
    const { access_token } = await register(world.app, somebody().email ?? '');
    expect(await link(access_token, 'google')).toMatchObject({ status: 409, body: { code: 'identity_taken' } });
  });

  test('answers a login with no code for adding, and the other way round', async () => {
    world.is('google', somebody());
    const { access_token } = await register(world.app, somebody().email ?? '');
    const { code } = await logInWith(world.app, 'google');
    const link_code = code ?? '';
    expect((await world.app.http('POST', '/auth/identities', { link_code }, bearer(access_token))).status).toBe(400);
  });
});

describe('removing a provider', () => {
  test('is refused if it is the last way in', async () => {
    world.is('google', somebody());
    const { tokens } = await logInWith(world.app, 'google');
    const token = tokens?.access_token ?? '';
    const [one] = await list(token);
    expect(await unlink(token, one?.id ?? '')).toMatchObject({ status: 409, body: { code: 'last_way_in' } });
    expect(await logInWith(world.app, 'google')).toMatchObject({ status: 200 });
  });

  test('works with another provider or a password left, and closes that way', async () => {
    const person = somebody();
    const { access_token } = await register(world.app, person.email ?? '');
    world.is('google', somebody());
    await link(access_token, 'google');
    const [one] = await list(access_token);
    expect((await unlink(access_token, one?.id ?? '')).status).toBe(204);
    expect(await list(access_token)).toEqual([]);
    const { tokens } = await logInWith(world.app, 'google');
    expect(await idOf(tokens?.access_token)).not.toBe(await idOf(access_token));
    const login = await world.app.http('POST', '/auth/login', { email: person.email, password: PASSWORD });
    expect(login.status).toBe(200);
  });

  test('at once, each of the last two, leaves one', async () => {
    const person = somebody();
    world.is('google', person);
    world.is('github', { ...person, id: `${person.id} at GitHub` });
    await logInWith(world.app, 'google');
    const { tokens } = await logInWith(world.app, 'github');
    const token = tokens?.access_token ?? '';
    const both = await list(token);
    expect(both).toHaveLength(2);
    // Each has seen both before one is gone.
    const store = world.app.credentialStore;
    const find = store.list.bind(store);
    store.list = async (...asked) => {
      const found = await find(...asked);
      await new Promise((resolve) => setTimeout(resolve, 100));
      return found;
    };
    const outcomes = await Promise.all(both.map(({ id }) => unlink(token, id)));
    store.list = find;
    expect(outcomes.filter(({ status }) => status === 204)).toHaveLength(1);
    expect(await list(token)).toHaveLength(1);
  });

  test('of somebody else is a 404', async () => {
    world.is('google', somebody());
    const { tokens } = await logInWith(world.app, 'google');
    const [one] = await list(tokens?.access_token ?? '');
    const { access_token } = await register(world.app, somebody().email ?? '');
    expect((await unlink(access_token, one?.id ?? '')).status).toBe(404);
  });
});

test('a list of identities shows neither subjects nor tokens', async () => {
  world.is('google', somebody());
  const { tokens } = await logInWith(world.app, 'google');
  const [one] = await list(tokens?.access_token ?? '');
  expect(Object.keys(one ?? {}).sort()).toEqual(['createdAt', 'email', 'id', 'lastUsedAt', 'provider']);
});

test('a session that is only open changes no way in: its user has to prove again who they are', async () => {
  const person = somebody();
  const { access_token, refresh_token } = await register(world.app, person.email ?? '');
  world.is('google', somebody());
  await link(access_token, 'google');
  const [one] = await list(access_token);
  world.app.clock.advance(1000);
  // A refresh by itself proves nothing.
  const fresh = (await world.app.http('POST', '/auth/refresh', { refresh_token })).body.access_token as string;
  const begun = await world.app.http('POST', '/auth/identities/google', {}, bearer(fresh));
  for (const { status, body } of [begun, await unlink(fresh, one?.id ?? '')]) {
    expect([status, body.code]).toEqual([401, 'insufficient_user_authentication']);
  }
  const { body } = await world.app.http('POST', '/auth/login', { email: person.email, password: PASSWORD });
  expect((await unlink(body.access_token, one?.id ?? '')).status).toBe(204);
});
