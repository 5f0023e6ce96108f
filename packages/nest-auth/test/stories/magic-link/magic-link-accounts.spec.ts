import { type AuthUser, Challenges, defineFeature, type FeatureHooks } from '@acme/nest-auth';
import { magicLink } from '@acme/nest-auth/magic-link';
import { afterEach, describe, expect, test } from '@jest/globals';
import { DocumentBuilder } from '@nestjs/swagger';
import { PASSWORD, signUp, startApp } from '../../support/app.js';
import { Asker, type LinksApp, PAGE, startLinks } from '../../support/magic-links.js';
import { codesOf, documentOf, schemaOf } from '../../support/openapi.js';

let app: LinksApp;
afterEach(() => app.close());

const userOf = async (email: string) => (await app.userStore.findByLogin(email)) as AuthUser;

describe('an account', () => {
  test('that nobody had verified is cleared of what a stranger put there, before its owner is let in', async () => {
    app = await startLinks();
    const { email, access, refresh } = await signUp(app);
    const asker = new Asker(app);
    const { token } = await asker.mail(email);
    const { body } = await asker.confirm({ token }).expect(200);
    await app.as(access).get('/auth/me').expect(401);
    await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(401);
    await app.http.post('/auth/login').send({ email, password: PASSWORD }).expect(401);
    await app.as(body.access_token).get('/auth/me').expect(200);
    expect(await userOf(email)).toMatchObject({ passwordHash: null, emailVerifiedAt: expect.any(Date) });
  });

  test('that was verified keeps its password and its sessions', async () => {
    app = await startLinks();
    const { email, access } = await signUp(app);
    await app.userStore.setEmailVerified((await userOf(email)).id, email, new Date());
    const asker = new Asker(app);
    const { code } = await asker.mail(email);
    await asker.confirm({ code }).expect(200);
    await app.as(access).get('/auth/me').expect(200);
    await app.http.post('/auth/login').send({ email, password: PASSWORD }).expect(200);
  });

  test('that is disabled gets no mail', async () => {
    app = await startLinks({ register: true });
    const { email } = await signUp(app);
    app.userStore.update((await userOf(email)).id, { disabledAt: new Date() });
    await new Asker(app).ask(email);
    // The next mail goes to another user, so the work after the first answer is done by then.
    const other = await signUp(app);
    await new Asker(app).mail(other.email);
    expect(app.mailbox.mails.map(({ to }) => to)).toEqual([other.email]);
  });

  test('with a second factor is asked for it, after the link', async () => {
    const second = defineFeature({
      name: 'second',
      hooks: {
        inject: [Challenges],
        useFactory: (challenges: Challenges): FeatureHooks => ({
          feature: 'second',
          beforeSession: (user, login) => challenges.issue('second', user, login),
        }),
      },
    });
    app = await startLinks({}, {}, { features: [second()] });
    await app.http.post('/auth/register').send({ email: 'ada@example.org', password: PASSWORD }).expect(201);
    const asker = new Asker(app);
    const { token } = await asker.mail('ada@example.org', { remember: false });
    const { body } = await asker.confirm({ token }).expect(200);
    expect(body).toEqual({ challenge: 'second', challenge_token: expect.any(String), expires_in: 300 });
    const { login } = await app.app.get(Challenges).answer('second', body.challenge_token, async () => true);
    expect(login).toMatchObject({ methods: ['otp'], remember: false });
    expect(await asker.outcome({ token })).toBe('invalid_magic_link');
  });
});

describe('an address without an account', () => {
  test.each(['token', 'code'] as const)('registers by the %s of its mail, with `register: true`', async (kind) => {
    app = await startLinks({ register: true });
    const asker = new Asker(app);
    const { mail, ...proof } = await asker.mail('New@Example.org');
    expect(mail.to).toBe('new@example.org');
    expect(await app.userStore.findByLogin('new@example.org')).toBeNull();
    const { body } = await asker.confirm({ [kind]: proof[kind] }).expect(200);
    const { body: me } = await app.as(body.access_token).get('/auth/me').expect(200);
    expect(me).toMatchObject({ email: 'new@example.org', roles: [] });
    const user = await userOf('new@example.org');
    expect(user).toMatchObject({ passwordHash: null, emailVerifiedAt: new Date(app.clock.read()) });
    expect(await asker.outcome({ [kind]: proof[kind] })).toBe('invalid_magic_link');
  });

  test('registers once, of 50 parallel requests', async () => {
    app = await startLinks({ register: true });
    const asker = new Asker(app);
    const { token, code } = await asker.mail('new@example.org');
    const racers = Array.from({ length: 50 }, (_, n) => asker.outcome(n % 2 === 0 ? { token } : { code }));
    expect((await Promise.all(racers)).filter((outcome) => outcome === 200)).toHaveLength(1);
  });

  test('does not get an account that somebody else has made meanwhile', async () => {
    app = await startLinks({ register: true });
    const asker = new Asker(app);
    const { token } = await asker.mail('new@example.org');
    const { access } = await signUp(app, 'new@example.org');
    expect(await asker.outcome({ token })).toBe('invalid_magic_link');
    await app.as(access).get('/auth/me').expect(200);
  });

  test('gets no account if it was the address of one that has another now', async () => {
    app = await startLinks({ register: true });
    const { email } = await signUp(app);
    const asker = new Asker(app);
    const { token } = await asker.mail(email);
    await app.userStore.setLogin((await userOf(email)).id, 'moved@example.org', email);
    expect(await asker.outcome({ token })).toBe('invalid_magic_link');
    expect(await app.userStore.findByLogin(email)).toBeNull();
  });

  test('that is not one is not written to', async () => {
    app = await startLinks({ register: true });
    await new Asker(app).ask('not an address');
    const { email } = await signUp(app);
    await new Asker(app).mail(email);
    expect(app.mailbox.mails.map(({ to }) => to)).toEqual([email]);
  });
});

describe("a link with `binding: 'none'`", () => {
  test('logs in where it is opened; a code still needs the browser that asked', async () => {
    app = await startLinks({ binding: 'none' });
    const { email } = await signUp(app);
    const asker = new Asker(app);
    const { token, code, mail } = await asker.mail(email);
    expect(mail.text).not.toContain('in the browser where you asked');
    expect(await new Asker(app).outcome({ code })).toBe('magic_link_elsewhere');
    expect(await new Asker(app).outcome({ token })).toBe(200);
    expect(await asker.outcome({ code })).toBe('invalid_magic_link');
  });
});

test('an OpenAPI document says what both routes read, and how they can end', async () => {
  app = await startLinks();
  const { at } = await documentOf(app, new DocumentBuilder().build());
  const [ask, confirm] = [at('post', '/auth/login/magic-link'), at('post', '/auth/login/magic-link/confirm')];
  expect([ask.security, confirm.security]).toEqual([[], []]);
  expect(Object.keys(ask.responses)).toEqual(expect.arrayContaining(['202', '400', '429', '503']));
  expect(Object.keys(confirm.responses)).toEqual(expect.arrayContaining(['200', '400', '401', '409', '429', '503']));
  expect(schemaOf(ask.requestBody).required).toEqual(['email']);
  expect(codesOf(confirm, 400)).toEqual(expect.arrayContaining(['invalid_magic_link', 'magic_link_elsewhere']));
});

describe('at boot', () => {
  test.each([
    [{}, /magicLink\.page is missing; write 'https:/],
    [{ page: `${PAGE}#` }, /magicLink\.page has a part behind #; leave it out/],
    [{ page: PAGE, ttl: '11m' }, /magicLink\.ttl .* must be 60 to 600/],
    [{ page: PAGE, binding: 'device' }, /magicLink\.binding must be 'browser' or 'none'/],
    [{ page: PAGE, register: 'yes' }, /magicLink\.register .* write true or false/],
  ])('%j fails, with the remedy', async (magic, message) => {
    app = await startLinks();
    const features = [magicLink()];
    const options = { mailer: { send: async () => {} }, magicLink: magic };
    await expect(startApp({ features, options: options as never })).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringMatching(message),
    });
  });
});
