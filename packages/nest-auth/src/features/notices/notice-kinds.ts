import type { AuthEvent, Device } from '@acme/nest-auth';

/** An event about a user. */
export interface UserEvent {
  readonly type: Extract<AuthEvent, { readonly userId: string }>['type'];
  readonly at: Date;
  readonly userId: string;
  /** Missing if the event does not name it. */
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
  /** What to do if it was somebody else: the text after "If it was not you,". */
  readonly remedy: string;
}

/** All kinds of notices. To add a mail, add an entry; its name becomes the option that turns it off. */
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
  identityLinked: {
    doc: 'Tells users that their account can be entered through a login provider, with `social()`.',
    kind: 'identity_linked',
    event: 'identity_linked',
    subject: 'A login was added to your account',
    what: 'Your account can now be entered with a login at another provider.',
    remedy: 'somebody else has your account: remove that login and choose a new password at once',
  },
  identityUnlinked: {
    doc: 'Tells users that a login provider was removed from their account.',
    kind: 'identity_unlinked',
    event: 'identity_unlinked',
    subject: 'A login was removed from your account',
    what: 'A login at another provider was removed from your account.',
    remedy: 'somebody else has your account: choose a new password at once',
  },
  apiKeyCreated: {
    doc: 'Tells users that an API key of theirs was made, with `apiKeys()`.',
    kind: 'api_key_created',
    event: 'api_key_created',
    subject: 'An API key was made for your account',
    what: 'A new API key can act in your name.',
    remedy: 'somebody else has your account: remove the key and choose a new password at once',
  },
  apiKeyRotated: {
    doc: 'Tells users that an API key of theirs got a successor.',
    kind: 'api_key_rotated',
    event: 'api_key_rotated',
    subject: 'An API key of your account was renewed',
    what: 'An API key of your account has a successor, which can act in your name.',
    remedy: 'somebody else has your account: remove the key and choose a new password at once',
  },
} as const satisfies Readonly<Record<string, NoticeKind>>;
