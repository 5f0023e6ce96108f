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
  readonly forDevelopment = true;
  readonly #logger = new Logger('Mail');

  /** @throws AuthError `invalid_configuration` if `NODE_ENV` is `production` and boot did not check this mailer */
  async send({ to, subject, text }: Mail): Promise<void> {
    if (process.env.NODE_ENV === 'production') {
      throw new AuthError('invalid_configuration', {
        message:
          'ConsoleMailer writes links with tokens to the log. In production use NodemailerMailer or a mailer of your own.',
      });
    }
    this.#logger.log(`To: ${to}\nSubject: ${subject}\n\n${text}`);
  }
}
