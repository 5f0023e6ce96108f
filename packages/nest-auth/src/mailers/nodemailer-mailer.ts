import type { Mail, Mailer } from '@acme/nest-auth';
import { createTransport, type TransportOptions } from 'nodemailer';

/** The part of a nodemailer transport that is used. */
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
 * Sends mails with nodemailer, which the app installs.
 *
 * @example
 * ```ts
 * new NodemailerMailer(config.getOrThrow('SMTP_URL'), { from: 'Acme <no-reply@acme.example>' });
 * ```
 */
export class NodemailerMailer implements Mailer {
  /** Private at run time too: it contains the password of the mail server. */
  readonly #transport: MailTransport;

  /** @param transport a URL (`smtps://user:password@host`), nodemailer's options, or the app's own transport */
  constructor(
    transport: string | TransportOptions | MailTransport,
    private readonly options: NodemailerOptions,
  ) {
    const isTransport = typeof transport === 'object' && 'sendMail' in transport;
    this.#transport = isTransport ? transport : (createTransport(transport as string) as MailTransport);
  }

  async send({ to, subject, text, html }: Mail): Promise<void> {
    // As an object, so that a comma in an address never begins a second recipient.
    await this.#transport.sendMail({ from: this.options.from, to: { name: '', address: to }, subject, text, html });
  }
}
