import type { Mail, Mailer } from '@acme/nest-auth';
import { createTransport, type TransportOptions } from 'nodemailer';

/** What is used of a transport of nodemailer. */
export interface MailTransport {
  sendMail(message: {
    readonly from: string;
    readonly to: { readonly name: string; readonly address: string };
    readonly subject: string;
    readonly text: string;
    readonly html: string;
  }): Promise<unknown>;
}

export interface NodemailerOptions {
  /** The sender: `'Acme <no-reply@acme.example>'`. */
  readonly from: string;
}

/**
 * Sends mails by nodemailer, which the app installs.
 *
 * @example
 * ```ts
 * new NodemailerMailer(config.getOrThrow('SMTP_URL'), { from: 'Acme <no-reply@acme.example>' });
 * ```
 */
export class NodemailerMailer implements Mailer {
  /** Private at run time too: it holds the password of the mail server. */
  readonly #transport: MailTransport;

  /** @param transport a URL (`smtps://user:password@host`), nodemailer's options, or a transport of the app's own */
  constructor(
    transport: string | TransportOptions | MailTransport,
    private readonly options: NodemailerOptions,
  ) {
    const isTransport = typeof transport === 'object' && 'sendMail' in transport;
    this.#transport = isTransport ? transport : (createTransport(transport as string) as MailTransport);
  }

  async send({ to, subject, text, html }: Mail): Promise<void> {
    // As an object: a comma in an address is part of it, and never a second recipient.
    await this.#transport.sendMail({ from: this.options.from, to: { name: '', address: to }, subject, text, html });
  }
}
