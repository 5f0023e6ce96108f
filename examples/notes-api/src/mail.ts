import { ConsoleMailer, type Mailer } from '@acme/nest-auth';
import { NodemailerMailer } from '@acme/nest-auth/nodemailer';

/** By SMTP_URL (`smtps://user:password@host`); without it, mails are written to the log. */
export function mailer(): Mailer {
  const { SMTP_URL, MAIL_FROM = 'Notes <no-reply@notes.example>' } = process.env;
  return SMTP_URL ? new NodemailerMailer(SMTP_URL, { from: MAIL_FROM }) : new ConsoleMailer();
}
