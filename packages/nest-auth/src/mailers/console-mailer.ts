import { Logger } from '@nestjs/common';
import { AuthError } from '../core/errors/auth-error.js';
import type { Mail, Mailer } from '../ports/mailer.js';

/**
 * Writes mails to the log instead of sending them, links included. For development: production refuses it.
 *
 * @example
 * ```ts
 * mailer: production ? new NodemailerMailer(smtpUrl, { from: 'Acme <no-reply@acme.example>' }) : new ConsoleMailer();
 * ```
 */
export class ConsoleMailer implements Mailer {
  readonly #logger = new Logger('Mail');

  /** @throws AuthError `invalid_configuration` when `NODE_ENV` is `production` */
  constructor() {
    if (process.env.NODE_ENV !== 'production') return;
    throw new AuthError('invalid_configuration', {
      message:
        'ConsoleMailer writes links with tokens to the log. In production use NodemailerMailer or a mailer of your own.',
    });
  }

  async send({ to, subject, text }: Mail): Promise<void> {
    this.#logger.log(`To: ${to}\nSubject: ${subject}\n\n${text}`);
  }
}
