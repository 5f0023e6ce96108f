import { type AuthEvent, AuthEvents, type AuthUser, OneTimeTokens } from '@acme/nest-auth';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { signUp } from '../../support/app.js';
import { Asker, type LinksApp, open, PAGE, startLinks, wrong } from '../../support/magic-links.js';

let app: LinksApp;
const seen: AuthEvent[] = [];

beforeAll(async () => {
  app = await startLinks();
  app.app.get(AuthEvents).subscribe((event) => seen.push(event));
});
afterAll(() => app.close());
beforeEach(() => {
  app.mailbox.mails.length = 0;
  seen.length = 0;
});

/** Somebody who has an account, and their mail. */
async function asked(more: object = {}) {
  const { email } = await signUp(app);
  const asker = new Asker(app);
  return { email, asker, ...(await asker.mail(email, more)) };
}

const userOf = async (email: string) => (await app.userStore.findByLogin(email)) as AuthUser;

describe('a request for a magic link', () => {
  test('is answered alike for an account and for nobody, and the mail goes out after the answer', async () => {
    const { email } = await signUp(app);
    const coming = app.mailbox.next();
    const answers = [await new Asker(app).ask(email), await new Asker(app).ask('nobody@example.org')];
    const shown = answers.map(({ status, headers: { date: _, etag: _digest, ...headers }, text }) =>
      JSON.stringify({ status, headers, text }).replaceAll(/[\w-]{43}/g, 'random'),
    );
    expect(shown[0]).toBe(shown[1]);
    expect(answers[0]).toMatchObject({ body: { expires_in: 600 }, headers: { 'cache-control': 'no-store' } });
    const { mail, token, code } = open(await coming);
    expect(mail).toMatchObject({ kind: 'magic_link', to: email, data: { link: `${PAGE}#token=${token}`, code } });
    expect(mail.data.minutes).toBe(10);
    for (const text of [mail.text, mail.html]) expect(text).toContain('Do not give them to anybody');
    expect(mail.html).toContain(`${PAGE}#token=${token}`);
    expect(mail.html).toContain(code);
    expect(app.mailbox.mails).toHaveLength(1);
  });

  test('sends the link of the configured page, whatever Host a request names', async () => {
    const { email } = await signUp(app);
    const coming = app.mailbox.next();
    await app.http
      .post('/auth/login/magic-link')
      .set('Host', 'evil.example')
      .set('X-Forwarded-Host', 'evil.example')
      .send({ email })
      .expect(202);
    expect(JSON.stringify(await coming)).not.toContain('evil');
  });

  test.each([
    [{}, 'email'],
    [{ email: '' }, 'email'],
    [{ email: ['a@example.org'] }, 'email'],
    [{ email: { $ne: null } }, 'email'],
    [{ email: 'a@example.org', remember: 'no' }, 'remember'],
  ])('is refused as %j', async (body, field) => {
    const answer = await app.http.post('/auth/login/magic-link').send(body).expect(400);
    expect(answer.body).toMatchObject({ code: 'invalid_request', field });
  });

  test('is limited for each address, whether or not there is an account', async () => {
    for (const email of [(await signUp(app)).email, 'somebody@example.org']) {
      for (let n = 0; n < 10; n++) await new Asker(app).ask(email);
      const { body } = await app.http.post('/auth/login/magic-link').send({ email }).expect(429);
      expect(body.code).toBe('too_many_attempts');
    }
  });

  test('tells nobody in the events whether there is such an account, unless there is one', async () => {
    await new Asker(app).ask('stranger@example.org');
    const { email } = await asked();
    const { id } = await userOf(email);
    const events = seen.filter(({ type }) => type.startsWith('magic_link'));
    expect(events).toMatchObject([{ type: 'magic_link_requested', userId: id }]);
  });
});

describe('the link of the mail', () => {
  test('logs in once, verifies the address, and says how', async () => {
    const { email, asker, token } = await asked();
    const { body } = await asker.confirm({ token }).expect(200);
    const sessions = await app.as(body.access_token).get('/auth/sessions').expect(200);
    expect(sessions.body).toMatchObject([{ current: true, methods: ['otp'] }]);
    expect((await userOf(email)).emailVerifiedAt).toBeInstanceOf(Date);
    expect(seen.map(({ type }) => type)).toEqual(expect.arrayContaining(['magic_link_used', 'logged_in']));
    expect(await asker.outcome({ token })).toBe('invalid_magic_link');
  });

  test('does not log in where nobody asked for it, and still works where somebody did', async () => {
    const { asker, token } = await asked();
    expect(await new Asker(app).outcome({ token })).toBe('magic_link_elsewhere');
    const other = new Asker(app);
    await other.ask('somebody-else@example.org');
    expect(await other.outcome({ token })).toBe('magic_link_elsewhere');
    expect(await asker.outcome({ token })).toBe(200);
  });

  test('ends the code, and the code ends the link', async () => {
    const first = await asked();
    expect(await first.asker.outcome({ token: first.token })).toBe(200);
    expect(await first.asker.outcome({ code: first.code })).toBe('invalid_magic_link');
    const second = await asked();
    expect(await second.asker.outcome({ code: second.code })).toBe(200);
    expect(await second.asker.outcome({ token: second.token })).toBe('invalid_magic_link');
  });

  test('and its code work for one of 50 parallel requests', async () => {
    const { email, asker, token, code } = await asked();
    await app.userStore.setEmailVerified((await userOf(email)).id, email, new Date());
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, (_, n) => asker.outcome(n % 2 === 0 ? { token } : { code })),
    );
    expect(outcomes.filter((outcome) => outcome === 200)).toHaveLength(1);
    const { id } = await userOf(email);
    const live = await app.sessionStore.listActive(id, { now: new Date(app.clock.read()), limit: 99 });
    expect(live.filter(({ methods }) => methods.includes('otp'))).toHaveLength(1);
  });

  test('needs the newest request', async () => {
    const { email, asker, token, code } = await asked();
    const newer = new Asker(app);
    const mail = await newer.mail(email);
    expect(await asker.outcome({ token })).toBe('invalid_magic_link');
    expect(await asker.outcome({ code })).toBe('invalid_magic_link');
    expect(await newer.outcome({ token: mail.token })).toBe(200);
  });

  test('and its code are not older than ten minutes', async () => {
    const [one, other] = [await asked(), await asked()];
    app.clock.advance(600);
    expect(await one.asker.outcome({ token: one.token })).toBe('invalid_magic_link');
    expect(await other.asker.outcome({ code: other.code })).toBe('invalid_magic_link');
  });

  test('carries whether to remember the user', async () => {
    for (const remember of [true, false]) {
      const { email, asker, token } = await asked({ remember });
      await asker.confirm({ token }).expect(200);
      const { id } = await userOf(email);
      const [session] = await app.sessionStore.listActive(id, { now: new Date(app.clock.read()), limit: 9 });
      expect(session?.remember).toBe(remember);
    }
  });

  test('takes no token of another purpose, nor access, refresh and request tokens', async () => {
    const { access, refresh, email } = await signUp(app);
    const asker = new Asker(app);
    await asker.mail(email);
    const other = await app.app.get(OneTimeTokens).issueTo(await userOf(email), 'verify', { address: email, ttl: 600 });
    for (const token of [other, access, refresh, asker.kept, 'x', 'A'.repeat(43)])
      expect(await asker.outcome({ token })).toBe('magic_link_elsewhere');
  });

  test('changes nothing by GET', async () => {
    const { asker, token } = await asked();
    await app.http.get(`/auth/login/magic-link/confirm?token=${token}`).expect(404);
    await app.http.get(`/auth/login/magic-link?token=${token}`).expect(404);
    expect(await asker.outcome({ token })).toBe(200);
  });

  test.each([
    {},
    { token: '' },
    { token: 7 },
    { code: '' },
    { code: { $ne: '' } },
    { code: '12345' },
    { code: 'abcdef' },
  ])('and its code are refused as %j', async (proof) => {
    const { asker } = await asked();
    expect(await asker.outcome(proof)).toBe('invalid_request');
  });

  test('and its code are not sent together', async () => {
    const { asker, token, code } = await asked();
    expect(await asker.outcome({ token, code })).toBe('invalid_request');
  });

  test.each([
    ['the password was changed', { passwordHash: 'another' }],
    ['the account was disabled', { disabledAt: new Date() }],
  ])('and its code are refused once %s', async (_, changes) => {
    const { email, asker, token, code } = await asked();
    app.userStore.update((await userOf(email)).id, changes);
    expect(await asker.outcome({ code: wrong(code) })).toBe('wrong_answer');
    expect(await asker.outcome({ code })).toBe('invalid_magic_link');
    expect(await asker.outcome({ token })).toBe('invalid_magic_link');
  });

  test('is refused once the address is another', async () => {
    const { email, asker, token } = await asked();
    expect(await app.userStore.setLogin((await userOf(email)).id, `moved-${email}`, email)).toBe(true);
    expect(await asker.outcome({ token })).toBe('invalid_magic_link');
  });

  test('leaves nothing in the store that could be used', async () => {
    const kept: string[] = [];
    const put = app.ephemeralStore.put.bind(app.ephemeralStore);
    app.ephemeralStore.put = (key, value, ttl) => {
      kept.push(key, value);
      return put(key, value, ttl);
    };
    const { asker, token, code } = await asked();
    app.ephemeralStore.put = put;
    expect(kept.length).toBeGreaterThan(0);
    for (const secret of [token, asker.kept]) expect(kept.join()).not.toContain(secret);
    expect(kept.join()).not.toMatch(new RegExp(`\\W${code}\\W`));
  });
});

describe('a store that is down', () => {
  test('is 503 for a request, for an account and for nobody', async () => {
    const { email } = await signUp(app);
    const find = app.userStore.findByLogin;
    app.userStore.findByLogin = () => Promise.reject(new Error('down'));
    const ask = (address: string) => app.http.post('/auth/login/magic-link').send({ email: address });
    const codes = [(await ask(email)).body.code, (await ask('no@example.org')).body.code];
    app.userStore.findByLogin = find;
    expect(codes).toEqual(['store_unavailable', 'store_unavailable']);
  });

  test('is 503 for a link, which can then be used', async () => {
    const { email, asker, token } = await asked();
    await app.userStore.setEmailVerified((await userOf(email)).id, email, new Date());
    const start = app.sessionStore.create;
    app.sessionStore.create = () => Promise.reject(new Error('down'));
    const code = await asker.outcome({ token });
    app.sessionStore.create = start;
    expect(code).toBe('store_unavailable');
    expect(await asker.outcome({ token })).toBe(200);
  });
});
