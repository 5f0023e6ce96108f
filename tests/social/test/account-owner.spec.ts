import { randomUUID } from 'node:crypto';
import { BackgroundTasks, type Mail } from '@acme/nest-auth';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { logInWith, PAGE, register } from '../src/app.js';
import { fragmentOf } from '../src/browser.js';
import type { Person } from '../src/fake-provider.js';
import { somebody, worldWith } from '../src/world.js';

const LOGIN_PAGE = 'https://app.example.org/login';
const mails: Mail[] = [];
const keep = async (mail: Mail): Promise<void> => void mails.push(mail);
const mailer = { send: keep };

const world = worldWith(['google', 'github', 'facebook'], { social: { loginPage: LOGIN_PAGE }, options: { mailer } });

beforeEach(() => {
  mails.length = 0;
});
afterEach(() => {
  mailer.send = keep;
});

const settled = () => world.app.app.get(BackgroundTasks).settled();

/** Somebody comes with the address of a person, which the provider has not verified. */
async function claim({ email }: Person, provider = 'facebook') {
  world.is(provider, somebody({ email, verified: false }));
  return logInWith(world.app, provider);
}

async function mailsAfterClaimOf(person: Person): Promise<readonly Mail[]> {
  expect((await claim(person)).page).toBe(`${PAGE}#error=account_exists`);
  await settled();
  return mails;
}

/** An account that the person's Google login has made. */
async function byGoogle(person: Person) {
  world.is('google', person);
  await logInWith(world.app, 'google');
  return (await world.app.userStore.findByLogin(person.email ?? ''))?.id ?? '';
}

async function setPassword(id: string): Promise<void> {
  expect(await world.app.userStore.setPasswordHash(id, 'a hash', null)).toBe(true);
}

describe('the owner of an address that somebody else claims at a provider', () => {
  test('is told by mail which ways in the account has', async () => {
    const person = somebody();
    await setPassword(await byGoogle(person));
    const [mail, ...others] = await mailsAfterClaimOf(person);
    expect(others).toEqual([]);
    expect(mail).toMatchObject({ kind: 'account_exists', to: person.email });
    expect(mail?.data).toEqual({
      occasion: 'social_login',
      provider: 'facebook',
      ways: ['password', 'google'],
      loginPage: LOGIN_PAGE,
    });
    for (const words of [mail?.text, mail?.html]) {
      expect(words).toContain('tried to log in with Facebook');
      expect(words).toContain('log in with your password or Google');
      expect(words).toContain(LOGIN_PAGE);
    }
  });

  test('gets a mail that lists each provider once, and a password only if there is one', async () => {
    const person = somebody();
    await byGoogle(person);
    world.is('github', { ...person, id: `${person.id} at GitHub` });
    await logInWith(world.app, 'github');
    world.is('github', { ...person, id: `${person.id} again` });
    await logInWith(world.app, 'github');
    const [mail] = await mailsAfterClaimOf(person);
    expect((mail?.data.ways as string[] | undefined)?.toSorted()).toEqual(['github', 'google']);
    expect(mail?.text).not.toContain('password');
  });

  test('gets a mail without a provider that the app has removed', async () => {
    const person = somebody();
    await register(world.app, person.email ?? '');
    const user = await world.app.userStore.findByLogin(person.email ?? '');
    const at = { createdAt: new Date(), lastUsedAt: null, expiresAt: null };
    const data = { provider: 'myspace', email: person.email };
    const id = randomUUID();
    await world.app.credentialStore.create({ id, userId: user?.id ?? '', kind: 'identity', key: id, data, ...at });
    const [mail] = await mailsAfterClaimOf(person);
    expect(mail?.data.ways).toEqual(['password']);
  });

  test('gets a mail that names no way in if the library knows none', async () => {
    const { email } = somebody();
    const login = email ?? '';
    await world.app.userStore.create({ login, passwordHash: null, roles: [], profile: {} });
    const [mail] = await mailsAfterClaimOf({ ...somebody(), email });
    expect(mail?.data.ways).toEqual([]);
    expect(mail?.text).toContain('log in as you always do');
  });

  test('is told in their language', async () => {
    const person = await registered();
    const user = await world.app.userStore.findByLogin(person.email ?? '');
    world.app.userStore.update(user?.id ?? '', { locale: 'de' } as object);
    expect(await mailsAfterClaimOf(person)).toMatchObject([{ to: person.email, locale: 'de' }]);
  });

  test('gets at most three such mails a day, and later claims get the same answer', async () => {
    const person = somebody();
    await register(world.app, person.email ?? '');
    for (let n = 0; n < 4; n++) await mailsAfterClaimOf(person);
    expect(mails).toHaveLength(3);
    expect(world.app.events.filter(({ type }) => type === 'throttled')).toMatchObject([
      { action: 'account_exists_mail' },
    ]);
    expect((await mailsAfterClaimOf(await registered())).at(-1)?.to).not.toBe(person.email);
  });

  test('gets no mail while the account is disabled, and nobody can tell', async () => {
    const person = await registered();
    const user = await world.app.userStore.findByLogin(person.email ?? '');
    world.app.userStore.update(user?.id ?? '', { disabledAt: new Date() });
    expect(await mailsAfterClaimOf(person)).toEqual([]);
  });
});

async function registered(): Promise<Person> {
  const person = somebody();
  await register(world.app, person.email ?? '');
  return person;
}

describe('the answer to somebody who claims an address', () => {
  test('waits for nothing of the account, and names no way in', async () => {
    const person = await registered();
    const store = world.app.credentialStore;
    const { list } = store;
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    store.list = async (...asked) => {
      await released;
      return list.apply(store, asked);
    };
    const { page } = await claim(person);
    store.list = list;
    expect(fragmentOf(page)).toEqual({ error: 'account_exists' });
    expect(mails).toEqual([]);
    release();
    await settled();
    expect(mails).toHaveLength(1);
  });

  test('is the same while the mail server is down, and the log repeats nothing of the mail', async () => {
    const person = await registered();
    const log = jest.spyOn(Logger.prototype, 'error').mockImplementation(() => {});
    mailer.send = async (mail) => {
      throw new Error(`cannot send ${mail.to} ${mail.text}`);
    };
    expect(await mailsAfterClaimOf(person)).toEqual([]);
    const lines = JSON.stringify(log.mock.calls);
    log.mockRestore();
    expect(lines).toContain('Something behind a request failed');
    for (const hidden of [person.email, 'password', 'Facebook', LOGIN_PAGE]) expect(lines).not.toContain(hidden);
  });
});
