import type { AuthEvent, Device } from '@acme/nest-auth';

/** An event about a user. */
export interface UserEvent {
  readonly type: Extract<AuthEvent, { readonly userId: string }>['type'];
  readonly at: Date;
  readonly userId: string;
  /** Not every event says from where. */
  readonly device?: Device;
}

/** One kind of mail. */
export interface NoticeKind {
  /** What its option does. */
  readonly doc: string;
  /** The `kind` of its mails. */
  readonly kind: string;
  readonly event: UserEvent['type'];
  /** Whether only devices that were not seen before count. @default false */
  readonly isOfNewDevices?: true;
  readonly subject: string;
  readonly what: string;
  /** What to do if it was somebody else: follows "If it was not you,". */
  readonly remedy: string;
}

/** What users are told of. A further mail is one more entry; its name becomes the option that turns it off. */
export const NOTICES = {
  passwordChanged: {
    doc: 'Tells users that their password was changed or reset.',
    kind: 'password_changed',
    event: 'password_changed',
    subject: 'Your password was changed',
    what: 'The password of your account was changed.',
    remedy: 'somebody else has your account: choose a new password at once',
  },
  newDevice: {
    doc: 'Tells users of a login from a device that was not seen before.',
    kind: 'new_device',
    event: 'logged_in',
    isOfNewDevices: true,
    subject: 'A new device logged in to your account',
    what: 'A device that was not seen before logged in to your account.',
    remedy: 'somebody else knows your password: change it at once and log out everywhere',
  },
} as const satisfies Readonly<Record<string, NoticeKind>>;
