/** One message to one address, ready to send. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** How features send mail. The library ships none: wrap the transport the app already has. */
export interface Mailer {
  send(mail: Mail): Promise<void>;
}

/** Injection token of the port. */
export const Mailer = Symbol.for('acme/nest-auth:Mailer');
