import type { AuthOptions, Mail } from '@acme/nest-auth';
import { magicLink } from '@acme/nest-auth/magic-link';
import type { Response } from 'supertest';
import { startApp, type TestApp, type TestAppOptions } from './app.js';
import { cookiesOf } from './cookies.js';

export const PAGE = 'https://app.example.org/magic-link';
export const COOKIE = '__Host-Http-magic-link';

/** The contents of a mail. */
export interface Post {
  readonly mail: Mail;
  readonly token: string;
  readonly code: string;
}

/** A mailer that reports when a mail has arrived. */
class Mailbox {
  readonly mails: Mail[] = [];
  #waiting: ((mail: Mail) => void)[] = [];

  async send(mail: Mail): Promise<void> {
    this.mails.push(mail);
    for (const tell of this.#waiting.splice(0)) tell(mail);
  }

  next(): Promise<Mail> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** An app with magic links, and its mail. */
export async function startLinks(magic: object = {}, options: Partial<AuthOptions> = {}, rest: TestAppOptions = {}) {
  const mailbox = new Mailbox();
  const app = await startApp({
    ...rest,
    features: [magicLink(), ...(rest.features ?? [])],
    options: { mailer: mailbox, magicLink: { page: PAGE, ...magic }, ...options },
  });
  return { ...app, mailbox };
}

export type LinksApp = Awaited<ReturnType<typeof startLinks>>;

/** A client that keeps the request token, in a body or in a cookie, as tokens travel in this run. */
export class Asker {
  kept = '';

  constructor(private readonly app: Pick<TestApp, 'http'> & { readonly mailbox: Mailbox }) {}

  async ask(email: string, more: object = {}): Promise<Response> {
    const answer = await this.app.http
      .post('/auth/login/magic-link')
      .send({ email, ...more })
      .expect(202);
    this.kept = answer.body.request_token ?? cookiesOf(answer)[COOKIE]?.value;
    return answer;
  }

  /** Asks, and waits for the mail. */
  async mail(email: string, more: object = {}): Promise<Post> {
    const coming = this.app.mailbox.next();
    await this.ask(email, more);
    return open(await coming);
  }

  confirm(proof: object) {
    const request = this.app.http.post('/auth/login/magic-link/confirm');
    if (this.kept === '') return request.send(proof);
    return process.env.TRANSPORT
      ? request.set('Cookie', `${COOKIE}=${this.kept}`).send(proof)
      : request.send({ ...proof, request_token: this.kept });
  }

  /** The code of the refusal, or the status. */
  async outcome(proof: object): Promise<string | number> {
    const { status, body } = await this.confirm(proof);
    return body.code ?? status;
  }
}

export function open(mail: Mail): Post {
  const token = /#token=([\w-]{43})/.exec(mail.text)?.[1] ?? 'none';
  const code = /^\d{6}$/m.exec(mail.text)?.[0] ?? 'none';
  return { mail, token, code };
}

/** A wrong code. */
export const wrong = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
