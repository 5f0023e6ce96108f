import { EventEmitter, once } from 'node:events';
import type { Mail } from '@acme/nest-auth';
import { emailVerification } from '@acme/nest-auth/email-verification';
import { describe, expect, test } from '@jest/globals';
import { bearer, logInWith, me, PAGE, PASSWORD, register } from '../src/app.js';
import { Browser, fragmentOf } from '../src/browser.js';
import { somebody, worldWith } from '../src/world.js';

/*
 * Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX Security 2022: an attacker makes an account of the victim's
 * address before the victim comes. Victims who come by a reset or a magic link: packages/nest-auth.
 */
const mails = new EventEmitter();
const mailTo = async (address: string): Promise<Mail> => (await once(mails, address))[0];

const world = worldWith(['google', 'github', 'facebook'], {
  features: [emailVerification()],
  options: {
    mailer: { send: async (mail: Mail) => void mails.emit(mail.to, mail) },
    emailVerification: { page: 'https://app.example.org/verify' },
  },
});

const idOf = async (token = '') => (await me(world.app, token)).body.id as string;
const logIn = (email: string | null) => world.app.http('POST', '/auth/login', { email, password: PASSWORD });
const refresh = (refresh_token: string) => world.app.http('POST', '/auth/refresh', { refresh_token });

/** The victim comes, by a provider that has verified the address. */
async function arrive(person: Parameters<typeof world.is>[1]) {
  world.is('google', person);
  const { tokens, status } = await logInWith(world.app, 'google');
  expect(status).toBe(200);
  return tokens?.access_token ?? '';
}

describe('an account that an attacker made of the address', () => {
  test("classic-federated merge: the attacker's password is gone once the victim has come", async () => {
    const victim = somebody();
    const attacker = await register(world.app, victim.email ?? '');
    const account = await idOf(attacker.access_token);
    expect(await idOf(await arrive(victim))).toBe(account);
    expect((await logIn(victim.email)).body.code).toBe('invalid_credentials');
    expect(await world.app.userStore.findById(account)).toMatchObject({
      passwordHash: null,
      emailVerifiedAt: expect.any(Date),
    });
  });

  test("unexpired session identifier: the attacker's tokens are dead once the victim has come", async () => {
    const victim = somebody();
    const attacker = await register(world.app, victim.email ?? '');
    await arrive(victim);
    expect((await me(world.app, attacker.access_token)).status).toBe(401);
    expect((await refresh(attacker.refresh_token)).status).toBe(401);
  });

  test('trojan identifier: an identity that the attacker added is gone once the victim has come', async () => {
    const victim = somebody();
    const { access_token } = await register(world.app, victim.email ?? '');
    const account = await idOf(access_token);
    world.is('github', somebody());
    const begun = await world.app.http('POST', '/auth/identities/github', { return_to: PAGE }, bearer(access_token));
    const { link_code } = fragmentOf(await new Browser().open(begun.body.url));
    expect((await world.app.http('POST', '/auth/identities', { link_code }, bearer(access_token))).status).toBe(204);
    const token = await arrive(victim);
    expect(await idOf(token)).toBe(account);
    expect(await idOf((await logInWith(world.app, 'github')).tokens?.access_token)).not.toBe(account);
    const { body } = await world.app.http('GET', '/auth/identities', undefined, bearer(token));
    expect(body.map(({ provider }: { provider: string }) => provider)).toEqual(['google']);
  });

  test('non-verifying identity provider: an identity that only claims the address opens no account of it', async () => {
    const victim = somebody();
    const account = await idOf(await arrive(victim));
    world.is('facebook', { ...somebody(), email: victim.email });
    expect(await logInWith(world.app, 'facebook')).toMatchObject({ error: 'account_exists' });
    world.is('github', { ...somebody({ verified: false }), email: victim.email });
    expect(await logInWith(world.app, 'github')).toMatchObject({ error: 'account_exists' });
    expect(await idOf(await arrive(victim))).toBe(account);
  });

  test("non-verifying identity provider: an account that it made is the victim's alone once the victim has come", async () => {
    const victim = somebody();
    const attacker = somebody({ email: victim.email });
    world.is('facebook', attacker);
    const { tokens } = await logInWith(world.app, 'facebook');
    const account = await idOf(tokens?.access_token);
    expect(await idOf(await arrive(victim))).toBe(account);
    expect((await me(world.app, tokens?.access_token ?? '')).status).toBe(401);
    expect(await logInWith(world.app, 'facebook')).toMatchObject({ error: 'account_exists' });
  });

  test("unexpired e-mail change: the attacker's link to move the account is void once the victim has come", async () => {
    const victim = somebody();
    const elsewhere = somebody().email;
    const { access_token } = await register(world.app, victim.email ?? '');
    const account = await idOf(access_token);
    const coming = mailTo(elsewhere ?? '');
    const asked = { email: elsewhere, current_password: PASSWORD };
    expect((await world.app.http('POST', '/auth/email', asked, bearer(access_token))).status).toBe(202);
    const { text } = await coming;
    expect(await idOf(await arrive(victim))).toBe(account);
    const [, token] = /#token=([\w-]+)/.exec(text) ?? [];
    expect(await world.app.http('POST', '/auth/email/verify', { token })).toMatchObject({
      status: 400,
      body: { code: 'invalid_verification_token' },
    });
    expect(await world.app.userStore.findById(account)).toMatchObject({ login: victim.email });
  });
});

test('an account whose address was verified before keeps its password and its sessions', async () => {
  const person = somebody();
  const { access_token } = await register(world.app, person.email ?? '');
  const id = await idOf(access_token);
  await world.app.userStore.setEmailVerified(id, person.email ?? '', new Date());
  expect(await idOf(await arrive(person))).toBe(id);
  expect((await logIn(person.email)).status).toBe(200);
  expect((await me(world.app, access_token)).status).toBe(200);
});
