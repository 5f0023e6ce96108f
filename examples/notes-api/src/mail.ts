import { ConsoleMailer, type Mailer } from '@acme/nest-auth';
import { NodemailerMailer } from '@acme/nest-auth/nodemailer';

/** By SMTP_URL (`smtps://user:password@host`); without it, mails are written to the log. */
export function mailer(): Mailer {
  const { SMTP_URL, MAIL_FROM = 'Notes <no-reply@notes.example>' } = process.env;
  return SMTP_URL ? new NodemailerMailer(SMTP_URL, { from: MAIL_FROM }) : new ConsoleMailer();
}

/** Where the links of mails lead: a page of the app's own, which posts the token to `/auth/password/reset`. */
export function page(name: string): string {
  return `${process.env.APP_URL ?? 'http://localhost:3000'}/${name}`;
}
