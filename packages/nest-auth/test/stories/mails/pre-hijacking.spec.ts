import { Authenticated, CurrentUser } from '@acme/nest-auth';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { aSecond } from '../../support/api-keys.js';
import { PASSWORD } from '../../support/app.js';
import { codeOf, newEmail } from '../../support/email-verification.js';
import { open } from '../../support/magic-links.js';
import { linkCodeOf, loginCodeOf, mailedBy, startWorld, VERIFIER, type World } from '../../support/token-kinds.js';

/*
 * Sudhodanan and Paverd, "Pre-hijacked accounts", USENIX Security 2022: an attacker makes an account of the victim's
 * address before the victim comes. Victims who come by a provider: tests/social.
 */

const ATTACKERS = 'the passphrase of an attacker';

@Controller('machines')
class Machines {
  @Authenticated('api-key')
  @Get()
  whoami(@CurrentUser('id') id: string) {
    return { id };
  }
}

let world: World;
beforeAll(async () => {
  world = await startWorld([Machines]);
});
afterAll(() => world.close());

/** The attacker's session in an account of the victim's address. */
async function hijacked() {
  const email = newEmail();
  const register = world.http.post('/auth/register').send({ email, password: ATTACKERS });
  await world.mailbox.mailsOf(world, register.expect(201));
  const { access_token, refresh_token } = (await register).body as Record<string, string>;
  const account = (await world.userStore.findByLogin(email))?.id;
  return { email, account, thief: world.as(access_token ?? ''), refresh_token };
}

/** The victim finds that there is an account, and takes it by the mail of their address. */
const WAYS = {
  'a reset': async (email: string) => {
    const token = await mailedBy(world, world.http.post('/auth/password/forgot').send({ email }).expect(202));
    await world.http.post('/auth/password/reset').send({ token, new_password: PASSWORD }).expect(204);
    return world.http.post('/auth/login').send({ email, password: PASSWORD }).expect(200);
  },
  'a magic link': async (email: string) => {
    const asked = world.http.post('/auth/login/magic-link').send({ email }).expect(202);
    const [mail] = await world.mailbox.mailsOf(world, asked);
    const { request_token } = (await asked).body;
    const { token } = open(mail!);
    return world.http.post('/auth/login/magic-link/confirm').send({ token, request_token }).expect(200);
  },
};

const accountOf = async (access: string) => (await world.as(access).get('/auth/me').expect(200)).body.id as string;

describe.each(Object.entries(WAYS))('once the victim has come by %s', (_, arrive) => {
  test("classic merge: the attacker's password is gone", async () => {
    const { email, account } = await hijacked();
    expect(await accountOf((await arrive(email)).body.access_token)).toBe(account);
    await world.http.post('/auth/login').send({ email, password: ATTACKERS }).expect(401);
  });

  test("unexpired session identifier: the attacker's tokens are dead", async () => {
    const { email, thief, refresh_token } = await hijacked();
    await arrive(email);
    await thief.get('/auth/me').expect(401);
    await world.http.post('/auth/refresh').send({ refresh_token }).expect(401);
  });

  test('trojan identifier: an identity that the attacker added opens another account', async () => {
    const [{ email, account, thief }, person] = [await hijacked(), `trojan-${newEmail().replace('@', '-')}`];
    const link_code = await linkCodeOf(world, thief, person);
    await thief.post('/auth/identities').send({ link_code }).expect(204);
    expect(await byProvider(person)).toBe(account);
    await arrive(email);
    expect(await byProvider(person)).not.toBe(account);
  });

  test('trojan identifier: an API key that the attacker made opens nothing', async () => {
    const { email, thief } = await hijacked();
    const { body } = await thief.post('/auth/api-keys').send({ name: 'ci' }).expect(201);
    const use = () => world.http.get('/machines').set('X-API-Key', body.key);
    await use().expect(200);
    await arrive(email);
    await aSecond();
    expect(await codeOf(use())).toBe('invalid_api_key');
  });

  test('unexpired e-mail change: a change that the attacker asked for before cannot be confirmed', async () => {
    const [{ email, account, thief }, wanted] = [await hijacked(), newEmail()];
    const change = thief.post('/auth/email').send({ email: wanted, current_password: ATTACKERS });
    const token = await mailedBy(world, change.expect(202));
    await arrive(email);
    const confirm = world.http.post('/auth/email/verify').send({ token });
    expect(await codeOf(confirm)).toBe('invalid_verification_token');
    expect(await world.userStore.findByLogin(wanted)).toBeNull();
    expect((await world.userStore.findByLogin(email))?.id).toBe(account);
  });

  test("non-verifying identity provider: an account that it made of the address is the victim's alone", async () => {
    const person = `claims-${newEmail().split('@')[0]}`;
    const account = await byProvider(person);
    const { body } = await arrive(`${person}@example.org`);
    expect(await accountOf(body.access_token)).toBe(account);
    expect(await loginCodeOf(world, person)).toBe('');
  });
});

const exchange = (code: string) => world.http.post('/auth/login/code').send({ code, code_verifier: VERIFIER });
const byProvider = async (person: string) =>
  accountOf((await exchange(await loginCodeOf(world, person)).expect(200)).body.access_token);
