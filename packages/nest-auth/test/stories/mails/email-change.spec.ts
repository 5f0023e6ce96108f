import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { logIn, PASSWORD, signUp } from '../../support/app.js';
import {
  codeOf,
  newEmail,
  PAGE,
  RESET_PAGE,
  startVerifying,
  type Verifying,
} from '../../support/email-verification.js';
import { tokenIn } from '../../support/mailbox.js';

let app: Verifying;
beforeAll(async () => {
  app = await startVerifying({ resetPage: RESET_PAGE });
});
afterAll(() => app.close());
beforeEach(() => {
  app.events.length = 0;
});

/** A user, and the link of a change to another address. */
async function changing() {
  const user = await signUp(app, newEmail());
  const wanted = newEmail();
  const token = await app.tokenOf(app.change(user.access, wanted).expect(202));
  return { ...user, wanted, token };
}

const typesOf = () => app.events.map(({ type }) => type);

describe('a change of the address', () => {
  test('waits for the link that goes to the new address, and the old one is told', async () => {
    const { email, access } = await signUp(app, newEmail());
    const wanted = newEmail();
    await app.mailsOf(Promise.resolve());
    const mails = await app.mailsOf(app.change(access, wanted).expect(202));
    const [old, fresh] = [mails.find(({ to }) => to === email), mails.find(({ to }) => to === wanted)];
    expect(mails).toHaveLength(2);
    expect(old).toMatchObject({ kind: 'email_change_requested', data: { resetPage: RESET_PAGE } });
    expect(JSON.stringify(old)).not.toMatch(/token|verify-\d+@example\.org.*verify-\d+@example\.org/);
    expect(fresh).toMatchObject({ kind: 'verify_new_email', data: { minutes: 60 } });
    expect(fresh?.data.link).toBe(`${PAGE}#token=${tokenIn(fresh)}`);
    expect(await app.userOf(wanted)).toBeNull();
    await app.login(email).expect(200);
    expect(typesOf()).toContain('email_change_requested');
  });

  test('is done by the link: the new address logs in and is verified, the old one does not and is told', async () => {
    const { email, wanted, token } = await changing();
    const { id } = await app.userOf(email);
    const mails = await app.mailsOf(app.verify(token).expect(204));
    expect(mails.map(({ kind, to }) => ({ kind, to }))).toEqual([{ kind: 'email_changed', to: email }]);
    expect(await app.userOf(wanted)).toMatchObject({ id, emailVerifiedAt: new Date(app.clock.read()) });
    await app.login(email).expect(401);
    await app.login(wanted).expect(200);
    expect(typesOf()).toContain('email_changed');
  });

  test('ends the sessions of other devices and leaves the one that asked', async () => {
    const { email, access, refresh } = await signUp(app, newEmail());
    const other = await logIn(app, email);
    await app.verify(await app.tokenOf(app.change(access, newEmail()))).expect(204);
    await app.as(other.access).get('/auth/me').expect(401);
    await app.http.post('/auth/refresh').send({ refresh_token: other.refresh }).expect(401);
    await app.as(access).get('/auth/me').expect(200);
    await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(200);
  });

  test('voids every other link of the user', async () => {
    const { email, access } = await signUp(app, newEmail());
    const reset = await app.tokenOf(app.forgot(email));
    const verification = await app.tokenOf(app.send(email));
    await app.verify(await app.tokenOf(app.change(access, newEmail()))).expect(204);
    expect(await codeOf(app.reset(reset, 'an entirely new passphrase'))).toBe('invalid_reset_token');
    expect(await codeOf(app.verify(verification))).toBe('invalid_verification_token');
  });

  test('happens for one of 50 parallel requests with the same token, and never again', async () => {
    const { wanted, token } = await changing();
    const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(app.verify(token))));
    expect(codes.filter((code) => code === 204)).toHaveLength(1);
    expect(await codeOf(app.verify(token))).toBe('invalid_verification_token');
    await app.login(wanted).expect(200);
  });

  test.each([
    ['there is a newer one', async ({ access }: { access: string }) => void (await app.change(access, newEmail()))],
    ['an hour has passed', async () => app.clock.advance(60 * 60)],
    [
      'the password was changed',
      async ({ email }: { email: string }) =>
        app.userStore.update((await app.userOf(email)).id, { passwordHash: 'another' }),
    ],
    [
      'the account was disabled',
      async ({ email }: { email: string }) =>
        app.userStore.update((await app.userOf(email)).id, { disabledAt: new Date() }),
    ],
  ])('is refused by a link once %s', async (_, happens) => {
    const given = await changing();
    await app.mailsOf(happens(given));
    expect(await codeOf(app.verify(given.token))).toBe('invalid_verification_token');
    expect(await app.userOf(given.wanted)).toBeNull();
  });

  test('is refused if the new address was taken meanwhile, and changes nothing', async () => {
    const { email, access, wanted, token } = await changing();
    const other = await logIn(app, email);
    await signUp(app, wanted);
    expect(await codeOf(app.verify(token))).toBe('login_taken');
    for (const each of [access, other.access]) await app.as(each).get('/auth/me').expect(200);
    await app.login(email).expect(200);
  });

  test('leaves everything as it was while the session store is down, and can then be repeated', async () => {
    const { email, wanted, token } = await changing();
    const { revokeAll } = app.sessionStore;
    app.sessionStore.revokeAll = () => Promise.reject(new Error('down'));
    const code = await codeOf(app.verify(token));
    app.sessionStore.revokeAll = revokeAll;
    expect(code).toBe('store_unavailable');
    expect(await app.userOf(email)).not.toBeNull();
    await app.verify(token).expect(204);
    await app.login(wanted).expect(200);
  });
});

describe('asking for another address', () => {
  test('needs a login, and the current password, which is counted against guessing', async () => {
    await app.http.post('/auth/email').send({ email: newEmail(), current_password: PASSWORD }).expect(401);
    const account = { points: 3, duration: '15m' };
    const strict = await startVerifying({}, { options: { throttle: { account } } });
    try {
      const { access } = await signUp(strict, newEmail());
      await strict.mailsOf(Promise.resolve());
      const guess = () => codeOf(strict.change(access, newEmail(), 'a wrong passphrase'));
      const codes = [await guess(), await guess(), await guess(), await codeOf(strict.change(access, newEmail()))];
      expect(codes).toEqual([...Array(3).fill('wrong_password'), 'too_many_attempts']);
      expect(await strict.mailsOf(Promise.resolve())).toEqual([]);
    } finally {
      await strict.close();
    }
  });

  test('is refused for an account without a password, which a session alone must not take away', async () => {
    const { email, access } = await signUp(app, newEmail());
    app.userStore.update((await app.userOf(email)).id, { passwordHash: null });
    expect(await codeOf(app.change(access, newEmail()))).toBe('wrong_password');
  });

  test("for somebody else's is answered alike, tells its owner, and can never be confirmed", async () => {
    const [ada, bob] = [await signUp(app, newEmail()), await signUp(app, newEmail())];
    await app.mailsOf(Promise.resolve());
    const free = await app.change(ada.access, newEmail());
    await app.mailsOf(Promise.resolve());
    let taken = free;
    const mails = await app.mailsOf(
      app.change(ada.access, bob.email).then((answer) => {
        taken = answer;
      }),
    );
    const [first, second] = [free, taken].map(({ status, headers: { date: _, ...headers }, text }) => [
      ...[status, headers, text],
    ]);
    expect(second).toEqual(first);
    expect(taken.status).toBe(202);
    const kinds = mails.map(({ kind, to }) => `${kind} ${to}`).sort();
    expect(kinds).toEqual([`account_exists ${bob.email}`, `email_change_requested ${ada.email}`]);
    expect(mails.find(({ to }) => to === bob.email)?.data).toEqual({ occasion: 'email_change', resetPage: RESET_PAGE });
    expect(mails.map(tokenIn)).toEqual(['none', 'none']);
  });

  test('sends a stranger no more than five mails in an hour, and a user may ask five times', async () => {
    const stranger = newEmail();
    const codes = [];
    for (const _ of [1, 2]) {
      const { access } = await signUp(app, newEmail());
      for (let n = 0; n < 3; n++) codes.push(await codeOf(app.change(access, stranger)));
    }
    expect(codes).toEqual([202, 202, 202, 202, 202, 'too_many_attempts']);
    const { access } = await signUp(app, newEmail());
    const own = [];
    for (let n = 0; n < 6; n++) own.push(await codeOf(app.change(access, newEmail())));
    expect(own).toEqual([202, 202, 202, 202, 202, 'too_many_attempts']);
  });

  test.each([undefined, '', 7, ['a@example.org'], 'no address', 'a@b@example.org'])(
    'refuses %j as an address',
    async (email) => {
      const { access } = await signUp(app, newEmail());
      const { body } = await app.change(access, email).expect(400);
      expect(body).toMatchObject({ code: 'invalid_request', field: 'email' });
    },
  );

  test('is refused for the address that the account has', async () => {
    const { email, access } = await signUp(app, newEmail());
    const { body } = await app.change(access, ` ${email.toUpperCase()}`).expect(400);
    expect(body).toMatchObject({ code: 'invalid_request', field: 'email' });
  });

  test('is refused for an account whose login is no address', async () => {
    const byName = await startVerifying({}, { options: { loginField: 'name' } });
    try {
      const { body } = await byName.http.post('/auth/register').send({ name: 'ada', password: PASSWORD }).expect(201);
      expect(await codeOf(byName.change(body.access_token, newEmail()))).toBe('invalid_request');
    } finally {
      await byName.close();
    }
  });
});
