import { AuthService } from '@acme/nest-auth';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PASSWORD } from '../../support/app.js';
import { codeOf, newEmail, RESET_PAGE, startVerifying, type Verifying } from '../../support/email-verification.js';
import { tokenIn } from '../../support/mailbox.js';

const OTHER = 'the passphrase of a stranger';
const LOGIN_PAGE = 'https://app.example.org/login';

let app: Verifying;
beforeAll(async () => {
  app = await startVerifying({ required: true, resetPage: RESET_PAGE, loginPage: LOGIN_PAGE });
});
afterAll(() => app.close());
beforeEach(() => {
  app.events.length = 0;
});

const kindsOf = async (request: PromiseLike<unknown>) =>
  (await app.mailsOf(request)).map(({ kind, to }) => ({ kind, to }));

async function verified(password = PASSWORD) {
  const email = newEmail();
  await app.verify(await app.tokenOf(app.register(email, password).expect(202))).expect(204);
  return email;
}

describe('a registration that waits for the verification', () => {
  test('is answered with the same bytes for a new address, an unverified one and a verified one', async () => {
    const [unverified, taken] = [newEmail(), await verified()];
    await app.mailsOf(app.register(unverified));
    const answers = [await app.register(newEmail()), await app.register(unverified), await app.register(taken)];
    const shown = answers.map(({ status, headers: { date: _, ...headers }, text }) => ({ status, headers, text }));
    expect(shown[0]).toMatchObject({ status: 202, text: '{"pending":"email_verification"}' });
    expect(shown[1]).toEqual(shown[0]);
    expect(shown[2]).toEqual(shown[0]);
  });

  test('begins no session, and a login does once the address is verified', async () => {
    const email = newEmail();
    const token = await app.tokenOf(app.register(email).expect(202));
    const { id } = await app.userOf(email);
    expect(await app.sessionStore.listActive(id, { now: new Date(app.clock.read()), limit: 9 })).toEqual([]);
    await app.login(email).expect(401);
    // The login has sent another link, which replaces the first.
    expect(await codeOf(app.verify(token))).toBe('invalid_verification_token');
    await app.verify(tokenIn((await app.mailsOf(app.send(email)))[0])).expect(204);
    const { body } = await app.login(email).expect(200);
    const payload = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString());
    expect(payload.email_verified).toBe(true);
  });

  test('with an unverified address sends its owner a new link, and leaves the account as it was', async () => {
    const email = newEmail();
    const first = await app.tokenOf(app.register(email));
    const before = await app.userOf(email);
    const [mail] = await app.mailsOf(app.register(email, OTHER).expect(202));
    expect(mail).toMatchObject({ kind: 'verify_email', to: email });
    expect(await app.userOf(email)).toEqual(before);
    expect(await codeOf(app.verify(first))).toBe('invalid_verification_token');
    expect(await codeOf(app.verify(tokenIn(mail)))).toBe(204);
  });

  test('with a verified address tells its owner, without a token, and where to log in', async () => {
    const email = await verified();
    const [mail, ...others] = await app.mailsOf(app.register(email, OTHER).expect(202));
    expect(others).toEqual([]);
    expect(mail).toMatchObject({ kind: 'account_exists', to: email });
    expect(mail?.data).toEqual({ occasion: 'registration', loginPage: LOGIN_PAGE, resetPage: RESET_PAGE });
    for (const page of [LOGIN_PAGE, RESET_PAGE]) expect(`${mail?.text}`).toContain(page);
    expect(JSON.stringify(mail)).not.toContain('token');
    await app.login(email, OTHER).expect(401);
    await app.login(email).expect(200);
  });

  test('sends an address no more than five mails in an hour, and is answered as ever', async () => {
    const email = await verified();
    let mails = 0;
    for (let n = 0; n < 6; n++) mails += (await app.mailsOf(app.register(email).expect(202))).length;
    expect(mails).toBe(4);
  });

  test('spends as many mails of a disabled account as of a new address: what is left tells nobody', async () => {
    const disabled = newEmail();
    const { id } = await app.userStore.create({ login: disabled, passwordHash: null, roles: [], profile: {} });
    app.userStore.update(id, { disabledAt: new Date(app.clock.read()) });
    const left = async (email: string) => {
      await app.mailsOf(app.register(email).expect(202));
      const codes = [];
      for (let n = 0; n < 6; n++) codes.push(await codeOf(app.send(email)));
      return codes;
    };
    expect(await left(newEmail())).toEqual([...Array(4).fill(202), ...Array(2).fill('too_many_attempts')]);
    expect(await left(disabled)).toEqual([...Array(4).fill(202), ...Array(2).fill('too_many_attempts')]);
  });

  test('is refused as ever for a password that the rules refuse', async () => {
    expect(await codeOf(app.register(await verified(), 'short'))).toBe('password_too_short');
    expect(await codeOf(app.register(newEmail(), 'short'))).toBe('password_too_short');
  });

  test('says that a name is taken which is no address: nobody could be told by mail', async () => {
    const byName = await startVerifying({ required: true }, { options: { loginField: 'name' } });
    try {
      const register = () => byName.http.post('/auth/register').send({ name: 'ada', password: PASSWORD });
      expect([(await register()).status, (await register()).status]).toEqual([202, 409]);
    } finally {
      await byName.close();
    }
  });
});

describe('a login into an account whose address is not verified', () => {
  test('is answered as a wrong password is, and sends a new link', async () => {
    const email = newEmail();
    await app.mailsOf(app.register(email));
    const answers = [await app.login(email), await app.login(email, OTHER), await app.login('nobody@example.org')];
    const shown = answers.map(({ status, headers: { date: _, ...headers }, text }) => ({ status, headers, text }));
    expect(shown[0]).toMatchObject({ status: 401, text: expect.stringContaining('invalid_credentials') });
    expect(shown[1]).toEqual(shown[0]);
    expect(shown[2]).toEqual(shown[0]);
    expect(app.events.filter(({ type }) => type === 'login_failed')).toHaveLength(3);
    await app.mailsOf(Promise.resolve());
    expect(app.mailbox.mails.at(-1)).toMatchObject({ kind: 'verify_email', to: email });
  });

  test('sends one link in ten minutes, and none for a wrong password', async () => {
    const email = newEmail();
    await app.mailsOf(app.register(email));
    expect(await kindsOf(app.login(email, OTHER))).toEqual([]);
    expect(await kindsOf(app.login(email))).toEqual([{ kind: 'verify_email', to: email }]);
    expect(await kindsOf(app.login(email))).toEqual([]);
  });

  test('spends none of the links that may be asked for: their number tells nobody that it was right', async () => {
    const linksAfter = async (password: string) => {
      const email = newEmail();
      await app.mailsOf(app.register(email));
      await app.mailsOf(app.login(email, password));
      let links = 0;
      while ((await app.send(email)).status === 202) links += 1;
      return links;
    };
    const [afterRight, afterWrong] = [await linksAfter(PASSWORD), await linksAfter(OTHER)];
    expect(afterRight).toBe(afterWrong);
    expect(afterWrong).toBeGreaterThan(0);
  });

  test('spends attempts as a wrong password does: their number tells nobody that it was right', async () => {
    const account = { points: 3, duration: '15m' };
    const strict = await startVerifying({ required: true }, { options: { throttle: { account } } });
    try {
      const email = newEmail();
      await strict.mailsOf(strict.register(email));
      const codes = [];
      for (let n = 0; n < 4; n++) codes.push(await codeOf(strict.login(email)));
      expect(codes).toEqual([...Array(3).fill('invalid_credentials'), 'too_many_attempts']);
    } finally {
      await strict.close();
    }
  });

  test('is refused however else the app lets a user in, and a verified user is let in', async () => {
    const [unverified, done] = [newEmail(), await verified()];
    await app.mailsOf(app.register(unverified));
    const auth = app.app.get(AuthService);
    const device = { ip: '192.0.2.1', userAgent: null };
    await expect(auth.admit(await app.userOf(unverified), device)).rejects.toMatchObject({
      code: 'email_not_verified',
    });
    await expect(auth.admit(await app.userOf(done), device)).resolves.toHaveProperty('access_token');
    await app.mailsOf(Promise.resolve());
    expect(app.mailbox.mails.at(-1)).toMatchObject({ kind: 'verify_email', to: unverified });
  });
});

test('sessions from before the option was turned on go on, and new logins wait', async () => {
  const { userStore, sessionStore, ephemeralStore } = await startVerifying();
  const stores = { userStore, sessionStore, ephemeralStore };
  const before = await startVerifying({}, { options: stores });
  const email = newEmail();
  const { body } = await before.register(email).expect(201);
  await before.close();
  const after = await startVerifying({ required: true }, { options: stores });
  try {
    await after.http.post('/auth/refresh').send({ refresh_token: body.refresh_token }).expect(200);
    await after.login(email).expect(401);
  } finally {
    await after.close();
  }
});

describe('an attacker who registers the address of a victim first', () => {
  const attacked = async () => {
    const email = newEmail();
    const token = await app.tokenOf(app.register(email, OTHER).expect(202));
    return { email, token };
  };

  test('has no session, and learns neither now nor at a login whether there was an account', async () => {
    const { email } = await attacked();
    const taken = await verified();
    await app.register(taken, OTHER).expect(202);
    const answers = [await app.login(email, OTHER), await app.login(taken, OTHER)];
    const shown = answers.map(({ status, headers: { date: _, ...headers }, text }) => ({ status, headers, text }));
    expect(shown[0]).toEqual(shown[1]);
    expect(shown[0]?.status).toBe(401);
  });

  test('is locked out by the reset of a victim who never verified', async () => {
    const { email } = await attacked();
    await app.reset(await app.tokenOf(app.forgot(email)), PASSWORD).expect(204);
    await app.login(email, OTHER).expect(401);
    await app.login(email).expect(200);
  });

  test('is locked out by the reset of a victim who verified by mistake, sessions and a change of the address included', async () => {
    const { email, token } = await attacked();
    await app.verify(token).expect(204);
    const { body: thief } = await app.login(email, OTHER).expect(200);
    const theirs = `attacker-${email}`;
    const change = await app.tokenOf(app.change(thief.access_token, theirs, OTHER).expect(202));
    expect(change).not.toBe('none');
    await app.reset(await app.tokenOf(app.forgot(email)), PASSWORD).expect(204);
    await app.as(thief.access_token).get('/auth/me').expect(401);
    await app.http.post('/auth/refresh').send({ refresh_token: thief.refresh_token }).expect(401);
    await app.login(email, OTHER).expect(401);
    expect(await codeOf(app.verify(change))).toBe('invalid_verification_token');
    expect(await app.userOf(theirs)).toBeNull();
    await app.login(email).expect(200);
  });

  test('and who could log in before the verification loses session and password to the reset too', async () => {
    const open = await startVerifying();
    try {
      const email = newEmail();
      const { body: thief } = await open.register(email, OTHER).expect(201);
      await open.reset(await open.tokenOf(open.forgot(email)), PASSWORD).expect(204);
      await open.as(thief.access_token).get('/auth/me').expect(401);
      await open.http.post('/auth/refresh').send({ refresh_token: thief.refresh_token }).expect(401);
      await open.login(email, OTHER).expect(401);
      expect(open.events.map(({ type }) => type)).toContain('account_reclaimed');
    } finally {
      await open.close();
    }
  });
});
