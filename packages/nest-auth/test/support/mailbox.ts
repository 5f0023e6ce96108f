import { BackgroundTasks, type Mail } from '@acme/nest-auth';
import type { TestApp } from './app.js';

/** A mailer that reports when a mail has arrived. */
export class Mailbox {
  readonly mails: Mail[] = [];
  #waiting: ((mail: Mail) => void)[] = [];

  async send(mail: Mail): Promise<void> {
    this.mails.push(mail);
    for (const tell of this.#waiting.splice(0)) tell(mail);
  }

  next(): Promise<Mail> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The mails that a request causes, after all work behind its answer is done. */
  async mailsOf({ app }: Pick<TestApp, 'app'>, request: PromiseLike<unknown>): Promise<Mail[]> {
    const before = this.mails.length;
    await request;
    await app.get(BackgroundTasks).settled();
    return this.mails.slice(before);
  }
}

export const tokenIn = (mail: Mail | undefined): string => /#token=([\w-]{43})/.exec(mail?.text ?? '')?.[1] ?? 'none';
