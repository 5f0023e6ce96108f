import { OneTimeTokens } from '@acme/nest-auth';
import { RequireVerifiedEmail } from '@acme/nest-auth/email-verification';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { PASSWORD, startApp } from '../../support/app.js';
import { codeOf, newEmail, PAGE, startVerifying, type Verifying } from '../../support/email-verification.js';
import { Mailbox, tokenIn } from '../../support/mailbox.js';

@Controller('invitations')
class InvitationsController {
  @RequireVerifiedEmail()
  @Get()
  list(): string[] {
    return [];
  }
}

let app: Verifying;
beforeAll(async () => {
  app = await startVerifying({}, { controllers: [InvitationsController] });
});
afterAll(() => app.close());
beforeEach(() => {
  app.events.length = 0;
});

/** Registers. @returns the token of the link, and the session's tokens */
async function registered(email = newEmail()) {
  const [mail] = await app.mailsOf(app.register(email).expect(201));
  const { body } = await app.login(email).expect(200);
  return { email, token: tokenIn(mail), access: body.access_token as string, refresh: body.refresh_token as string };
}

const typesOf = () => app.events.map(({ type }) => type);

describe('a registration', () => {
  test('logs in at once, and sends a link of the configured page whatever Host it names', async () => {
    const email = newEmail();
    const request = app.register(email).set('Host', 'evil.example').set('X-Forwarded-Host', 'evil.example');
    const mails = await app.mailsOf(request.expect(201));
    const [mail] = mails;
    expect(mails).toHaveLength(1);
    expect(mail).toMatchObject({ kind: 'verify_email', to: email, subject: expect.any(String) });
    expect(mail?.data).toEqual({ link: `${PAGE}#token=${tokenIn(mail)}`, minutes: 60 });
    expect(mail?.html).toContain(`${PAGE}#token=${tokenIn(mail)}`);
    expect(JSON.stringify(mail)).not.toContain('evil');
  });

  test('is not undone by a mail server that is down', async () => {
    const { send } = app.mailbox;
    app.mailbox.send = () => Promise.reject(new Error('down'));
    await app.mailsOf(app.register(newEmail()).expect(201));
    app.mailbox.send = send;
  });
});

describe('a verification', () => {
  test('verifies the address of the mail, does not log in, and leaves the session and the password', async () => {
    const { email, token, access, refresh } = await registered();
    const { text, headers } = await app.verify(token).expect(204);
    expect(text).toBe('');
    expect(headers).not.toHaveProperty('set-cookie');
    expect((await app.userOf(email)).emailVerifiedAt).toEqual(new Date(app.clock.read()));
    await app.as(access).get('/auth/me').expect(200);
    await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(200);
    await app.login(email).expect(200);
    expect(typesOf()).toEqual(expect.arrayContaining(['email_verification_sent', 'email_verified']));
  });

  test('works for one of 50 parallel requests with the same token, and never again', async () => {
    const { token } = await registered();
    const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(app.verify(token))));
    expect(codes.filter((code) => code === 204)).toHaveLength(1);
    expect(new Set(codes)).toEqual(new Set([204, 'invalid_verification_token']));
    expect(await codeOf(app.verify(token))).toBe('invalid_verification_token');
  });

  test('needs the newest token', async () => {
    const { email, token } = await registered();
    const newer = await app.tokenOf(app.send(email).expect(202));
    expect(await codeOf(app.verify(token))).toBe('invalid_verification_token');
    expect(await codeOf(app.verify(newer))).toBe(204);
  });

  test('needs a token that is not older than an hour', async () => {
    const { email, token } = await registered();
    app.clock.advance(60 * 60);
    expect(await codeOf(app.verify(token))).toBe('invalid_verification_token');
    expect((await app.userOf(email)).emailVerifiedAt).toBeNull();
  });

  test('is refused once the address is another', async () => {
    const { email, token } = await registered();
    const { id } = await app.userOf(email);
    expect(await app.userStore.setLogin(id, `moved-${email}`, email)).toBe(true);
    expect(await codeOf(app.verify(token))).toBe('invalid_verification_token');
    expect((await app.userStore.findById(id))?.emailVerifiedAt).toBeNull();
  });

  test.each([
    ['the password was changed', { passwordHash: 'another' }],
    ['the account was disabled', { disabledAt: new Date() }],
  ])('is refused once %s', async (_, changes) => {
    const { email, token } = await registered();
    app.userStore.update((await app.userOf(email)).id, changes);
    expect(await codeOf(app.verify(token))).toBe('invalid_verification_token');
  });

  test('takes no token of another purpose, nor access and refresh tokens', async () => {
    const { email, access, refresh } = await registered();
    const reset = await app.tokenOf(app.forgot(email));
    const other = await app.app
      .get(OneTimeTokens)
      .issueTo(await app.userOf(email), 'another', { address: email, ttl: 600 });
    for (const token of [reset, other, access, refresh, 'x', 'A'.repeat(43)])
      expect(await codeOf(app.verify(token))).toBe('invalid_verification_token');
  });

  test('takes a POST of JSON only: a link that a scanner opens verifies nothing', async () => {
    const { email, token } = await registered();
    for (const path of ['/auth/email/verify', '/auth/email/verify/send'])
      expect((await app.http.get(`${path}?token=${token}`)).status).toBe(404);
    const { body } = await app.http.post('/auth/email/verify').type('form').send({ token });
    expect(body.code).toBe('invalid_request');
    expect((await app.userOf(email)).emailVerifiedAt).toBeNull();
  });

  test('is 503 while the store is down, and can then be repeated', async () => {
    const { token } = await registered();
    const { setEmailVerified } = app.userStore;
    app.userStore.setEmailVerified = () => Promise.reject(new Error('down'));
    const code = await codeOf(app.verify(token));
    app.userStore.setEmailVerified = setEmailVerified;
    expect(code).toBe('store_unavailable');
    expect(await codeOf(app.verify(token))).toBe(204);
  });

  test('shows no token in events, and leaves none in the store that could be used', async () => {
    const kept: string[] = [];
    const { put } = app.ephemeralStore;
    app.ephemeralStore.put = (key, value, ttl) => {
      kept.push(key, value);
      return put.call(app.ephemeralStore, key, value, ttl);
    };
    const { token } = await registered();
    app.ephemeralStore.put = put;
    await app.verify(token).expect(204);
    expect(kept.length).toBeGreaterThan(0);
    expect(`${kept.join()}${JSON.stringify(app.events)}`).not.toContain(token);
  });
});

describe('asking for another link', () => {
  test('is answered alike for an unverified account, a verified one and nobody, and only the first gets a mail', async () => {
    const [pending, done] = [await registered(), await registered()];
    await app.verify(done.token).expect(204);
    const emails = [pending.email, done.email, 'nobody@example.org'];
    const answers = await Promise.all(emails.map((email) => app.send(email)));
    const mails = await app.mailsOf(Promise.resolve());
    const shown = answers.map(({ status, headers: { date: _, ...headers }, text }) => ({ status, headers, text }));
    expect(shown[0]).toMatchObject({ status: 202, text: '', headers: { 'cache-control': 'no-store' } });
    expect(shown[1]).toEqual(shown[0]);
    expect(shown[2]).toEqual(shown[0]);
    expect(mails).toEqual([]);
    expect(app.mailbox.mails.slice(-1).map(({ to }) => to)).toEqual([pending.email]);
  });

  test('sends nothing to a disabled account', async () => {
    const { email } = await registered();
    app.userStore.update((await app.userOf(email)).id, { disabledAt: new Date() });
    expect(await app.mailsOf(app.send(email).expect(202))).toEqual([]);
  });

  test('is limited for each address, whether or not there is an account, the mail of the registration included', async () => {
    const codesOf = async (email: string) => {
      const codes = [];
      for (let n = 0; n < 6; n++) codes.push(await codeOf(app.send(email)));
      return codes;
    };
    const four = [202, 202, 202, 202];
    expect(await codesOf('somebody@example.org')).toEqual([...four, 202, 'too_many_attempts']);
    expect(await codesOf((await registered()).email)).toEqual([...four, 'too_many_attempts', 'too_many_attempts']);
  });

  test.each([undefined, '', 7, ['a@example.org'], { $ne: null }])('refuses %j as an address', async (email) => {
    const { body } = await app.send(email).expect(400);
    expect(body).toMatchObject({ code: 'invalid_request', field: 'email' });
  });

  test.each(['userStore', 'ephemeralStore'] as const)(
    'is 503 while the %s is down, for an account and for nobody',
    async (store) => {
      const { email } = await registered();
      const method = store === 'userStore' ? 'findByLogin' : 'get';
      const target = app[store] as unknown as Record<string, unknown>;
      const original = target[method];
      target[method] = () => Promise.reject(new Error('down'));
      const codes = [await codeOf(app.send(email)), await codeOf(app.send('no@example.org'))];
      target[method] = original;
      expect(codes).toEqual(['store_unavailable', 'store_unavailable']);
    },
  );
});

describe('a route that asks for a verified address', () => {
  const list = (access: string) => codeOf(app.as(access).get('/invitations'));

  test('is open from the refresh after the verification on, and asks no store', async () => {
    const { token, access, refresh } = await registered();
    expect(await list(access)).toBe('email_not_verified');
    expect((await app.as(access).get('/invitations')).status).toBe(403);
    await app.verify(token).expect(204);
    expect(await list(access)).toBe('email_not_verified');
    const { body } = await app.http.post('/auth/refresh').send({ refresh_token: refresh }).expect(200);
    const { findById } = app.userStore;
    app.userStore.findById = () => Promise.reject(new Error('asked'));
    const codes = [await list(body.access_token), await list(body.access_token)];
    app.userStore.findById = findById;
    expect(codes).toEqual([200, 200]);
  });

  test("goes by the feature's own claim, whatever the app's `claims` says", async () => {
    const lying = await startVerifying(
      {},
      { controllers: [InvitationsController], options: { claims: () => ({ email_verified: true }) } },
    );
    try {
      const { body } = await lying.register(newEmail()).expect(201);
      expect(await codeOf(lying.as(body.access_token).get('/invitations'))).toBe('email_not_verified');
    } finally {
      await lying.close();
    }
  });
});

test('the caller sees whether their address is verified', async () => {
  const { token, access } = await registered();
  const shown = async () => (await app.as(access).get('/auth/me').expect(200)).body.email_verified;
  expect(await shown()).toBe(false);
  await app.verify(token).expect(204);
  expect(await shown()).toBe(true);
});

test('without the feature, neither tokens nor the caller say anything of it', async () => {
  const plain = await startApp();
  try {
    const { body } = await plain.http.post('/auth/register').send({ email: newEmail(), password: PASSWORD });
    const me = await plain.as(body.access_token).get('/auth/me').expect(200);
    const payload = JSON.parse(Buffer.from(body.access_token.split('.')[1], 'base64url').toString());
    expect([me.body, payload]).toEqual([
      expect.not.objectContaining({ email_verified: expect.anything() }),
      expect.not.objectContaining({ email_verified: expect.anything() }),
    ]);
  } finally {
    await plain.close();
  }
});

test('an app whose store cannot verify or change addresses does not start', async () => {
  const users = { findById: async () => null, findByLogin: async () => null, create: async () => null };
  const userStore = { ...users, setPasswordHash: async () => false } as never;
  await expect(startVerifying({}, { options: { userStore, mailer: new Mailbox() } })).rejects.toMatchObject({
    message: expect.stringContaining("the feature 'emailVerification' needs it to have setEmailVerified, setLogin"),
  });
});
