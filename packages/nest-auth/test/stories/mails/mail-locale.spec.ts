import { BackgroundTasks, type Mail } from '@acme/nest-auth';
import { emailVerification } from '@acme/nest-auth/email-verification';
import { magicLink } from '@acme/nest-auth/magic-link';
import { notices } from '@acme/nest-auth/notices';
import { passwordReset } from '@acme/nest-auth/password-reset';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PASSWORD, signUp, startApp, type TestApp } from '../../support/app.js';
import { newEmail, startVerifying } from '../../support/email-verification.js';
import { Mailbox, tokenIn } from '../../support/mailbox.js';

const PAGE = 'https://app.example.org/page';
const NEW = 'an entirely new passphrase';
const mailbox = new Mailbox();
const options = {
  mailer: mailbox,
  emailVerification: { page: PAGE },
  magicLink: { page: PAGE },
  passwordReset: { page: PAGE },
};

let app: TestApp;
beforeAll(async () => {
  app = await startApp({ features: [emailVerification(), magicLink(), notices(), passwordReset()], options });
});
beforeEach(() => app.app.get(BackgroundTasks).settled());
afterAll(() => app.close());

/** A user of the app, who reads mails in some language. */
async function reader(locale: unknown) {
  const { email, access } = await signUp(app);
  await app.app.get(BackgroundTasks).settled();
  const user = await app.userStore.findByLogin(email);
  app.userStore.update(user?.id ?? '', { locale } as object);
  return { email, access };
}

const send = (path: string, body: object) => mailbox.mailsOf(app, app.http.post(`/auth/${path}`).send(body));
const change = (access: string, email: string) =>
  mailbox.mailsOf(app, app.as(access).post('/auth/email').send({ email, current_password: PASSWORD }).expect(202));
const languages = (mails: readonly Mail[]) => mails.map(({ kind, to, locale }) => `${kind} ${to} ${locale}`).sort();

describe('a mail to a user', () => {
  test('names their language: links of every feature, and what happened afterwards', async () => {
    const { email } = await reader('DE-at');
    const reset = await send('password/forgot', { email });
    expect(languages(reset)).toEqual([`password_reset ${email} de-AT`]);
    expect(languages(await send('login/magic-link', { email }))).toEqual([`magic_link ${email} de-AT`]);
    expect(languages(await send('email/verify/send', { email }))).toEqual([`verify_email ${email} de-AT`]);
    const changed = await send('password/reset', { token: tokenIn(reset[0]), new_password: NEW });
    expect(languages(changed)).toEqual([`password_changed ${email} de-AT`]);
  });

  test('names their language at the old address and at the new one', async () => {
    const [{ email, access }, wanted] = [await reader('de'), newEmail()];
    const asked = await change(access, wanted);
    expect(languages(asked)).toEqual([`email_change_requested ${email} de`, `verify_new_email ${wanted} de`]);
    const token = tokenIn(asked.find(({ to }) => to === wanted));
    expect(languages(await send('email/verify', { token }))).toEqual([`email_changed ${email} de`]);
  });

  test("names the owner's language, not that of the user who wants their address", async () => {
    const [ada, bob] = [await reader('de'), await reader('fr')];
    const mails = await change(ada.access, bob.email);
    expect(languages(mails)).toEqual([`account_exists ${bob.email} fr`, `email_change_requested ${ada.email} de`]);
  });

  test.each([undefined, null, 'German!', 7])('goes out without a language if theirs is %p', async (locale) => {
    const { email } = await reader(locale);
    const [mail] = await send('password/forgot', { email });
    expect(mail).toMatchObject({ kind: 'password_reset', to: email });
    expect(mail).not.toHaveProperty('locale');
  });
});

test('a mail about a registration with a taken address names the language of its owner', async () => {
  const required = await startVerifying({ required: true });
  const email = newEmail();
  await required.verify(await required.tokenOf(required.register(email).expect(202))).expect(204);
  required.userStore.update((await required.userOf(email)).id, { locale: 'de' } as object);
  const mails = await required.mailsOf(required.register(email).expect(202));
  await required.close();
  expect(languages(mails)).toEqual([`account_exists ${email} de`]);
});

test('a mail to an address without an account names no language', async () => {
  const email = newEmail();
  const options = { mailer: mailbox, magicLink: { page: PAGE, register: true } };
  const registering = await startApp({ features: [magicLink()], options });
  const asked = registering.http.post('/auth/login/magic-link').send({ email });
  const [mail] = await mailbox.mailsOf(registering, asked);
  await registering.close();
  expect(mail).toMatchObject({ kind: 'magic_link', to: email });
  expect(mail).not.toHaveProperty('locale');
});
