/** One message to one address, ready to send. */
export interface Mail {
  /** The subject matter, such as `'password_reset'`. An app with its own texts selects them by it. */
  readonly kind: string;
  readonly to: string;
  /** The language of the user (BCP 47), if the app's user has a `locale`. The ready-made texts are English. */
  readonly locale?: string;
  /** The data in the ready-made texts, for an app with its own texts: `{ link: 'https://…#token=…', minutes: 30 }`. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** How features send mail: `nodemailer` in `@acme/nest-auth/nodemailer`, or the transport that the app already has. */
export interface Mailer {
  /** Boot refuses the mailer if `NODE_ENV` is `production`. @default false */
  readonly forDevelopment?: boolean;
  /** A rejection is logged. It must not quote the mail, which may contain a token. */
  send(mail: Mail): Promise<void>;
}

/** Injection token of the port. */
export const Mailer = Symbol.for('acme/nest-auth:Mailer');
