import { type AuthEvent, AuthEvents, type AuthOptions, type AuthUser } from '@acme/nest-auth';
import { emailVerification } from '@acme/nest-auth/email-verification';
import { passwordReset } from '@acme/nest-auth/password-reset';
import { PASSWORD, startApp, type TestAppOptions } from './app.js';
import { Mailbox, tokenIn } from './mailbox.js';

export const PAGE = 'https://app.example.org/verify';
export const RESET_PAGE = 'https://app.example.org/forgot';

type Settings = Partial<NonNullable<AuthOptions['emailVerification']>>;

/** An app that verifies addresses, its mails and events, and the requests of its stories. */
export async function startVerifying(settings: Settings = {}, { options, ...rest }: TestAppOptions = {}) {
  const mailbox = new Mailbox();
  const app = await startApp({
    features: [emailVerification(), passwordReset()],
    options: {
      mailer: mailbox,
      emailVerification: { page: PAGE, ...settings },
      passwordReset: { page: 'https://app.example.org/reset' },
      ...options,
    },
    ...rest,
  });
  const events: AuthEvent[] = [];
  app.app.get(AuthEvents).subscribe((event) => events.push(event));
  const post = (path: string) => (body: object) => app.http.post(`/auth/${path}`).send(body);
  const [registering, loggingIn] = [post('register'), post('login')];
  const [verifying, sending] = [post('email/verify'), post('email/verify/send')];
  return {
    ...app,
    mailbox,
    events,
    mailsOf: (request: PromiseLike<unknown>) => mailbox.mailsOf(app, request),
    userOf: async (email: string) => (await app.userStore.findByLogin(email)) as AuthUser,
    register: (email: string, password = PASSWORD) => registering({ email, password }),
    login: (email: string, password = PASSWORD) => loggingIn({ email, password }),
    verify: (token: unknown) => verifying({ token }),
    send: (email: unknown) => sending({ email }),
    forgot: (email: string) => post('password/forgot')({ email }),
    reset: (token: string, new_password: string) => post('password/reset')({ token, new_password }),
    change: (access: string, email: unknown, current_password = PASSWORD) =>
      app.as(access).post('/auth/email').send({ email, current_password }),
    /** The token of the link that a request sends. */
    tokenOf: async (request: PromiseLike<unknown>) => {
      const mails = await mailbox.mailsOf(app, request);
      return tokenIn(mails.find(({ text }) => text.includes('#token=')));
    },
  };
}

export type Verifying = Awaited<ReturnType<typeof startVerifying>>;

/** The code of a refusal, otherwise the status. */
export async function codeOf(request: PromiseLike<{ status: number; body: { code?: string } }>) {
  const { status, body } = await request;
  return body.code ?? status;
}

let emails = 0;
export const newEmail = (): string => `verify-${++emails}@example.org`;
