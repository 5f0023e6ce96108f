import { AuthClientError } from '@acme/nest-auth-client';

/** What went wrong, for people. */
export interface Failure {
  readonly text: string;
  /** The name of the form's invalid field. */
  readonly field?: string;
  /** Seconds until another attempt makes sense. */
  readonly wait?: number;
  /** Whether the server could not be reached, so that the same request may succeed soon. */
  readonly isPassing?: boolean;
}

const SHORTEST_WAIT = 3;

const UNEXPECTED = 'Something went wrong. Try again.';
const VOID_LINK = 'This link was used before, or is too old. Ask for a new one.';

const TEXTS: Readonly<Record<string, Failure>> = {
  invalid_credentials: { text: 'The e-mail address or the password is wrong.' },
  login_taken: { text: 'This address has an account already. Log in, or use another address.', field: 'email' },
  wrong_password: { text: 'This is not your current password.', field: 'current_password' },
  password_too_short: { text: 'Use at least 12 characters.', field: 'new_password' },
  password_too_long: { text: 'This password is too long.', field: 'new_password' },
  password_malformed: { text: 'This password has characters that cannot be typed.', field: 'new_password' },
  password_too_common: { text: 'Too many people use this password. Choose another.', field: 'new_password' },
  password_is_login: { text: 'Do not use your e-mail address as the password.', field: 'new_password' },
  password_changed_meanwhile: { text: 'The password has just been changed elsewhere. Log in with the new one.' },
  invalid_reset_token: { text: VOID_LINK },
  invalid_verification_token: { text: VOID_LINK },
  invalid_magic_link: { text: 'This link or code was used before, or is too old. Ask for a new mail.' },
  magic_link_elsewhere: {
    text: 'This browser did not ask for the mail. Go back to the one that did, and type the code there.',
  },
  wrong_answer: { text: 'This is not the code of the last mail.', field: 'code' },
  login_denied: { text: 'You cancelled at Acme ID. Nothing is changed.' },
  provider_answer_refused: { text: 'Something went wrong at Acme ID. Try again.' },
  provider_failed: { text: 'Something went wrong at Acme ID. Try again.' },
  account_exists: {
    text: 'This address has an account already. Log in to it another way, and link Acme ID under “Security”.',
  },
  email_missing: { text: 'Acme ID did not say what your e-mail address is. Register with a password.' },
  identity_taken: { text: 'This login at Acme ID belongs to another account.' },
  invalid_login_code: { text: 'Linking took too long. Try again.' },
  last_way_in: { text: 'This is your only way to log in. Set a password first, under “Change your password”.' },
  api_key_replaced: { text: 'This key has a successor already.' },
  too_many_api_keys: { text: 'You have too many keys. Remove one first.' },
  insufficient_user_authentication: { text: 'Nothing is changed, because you did not confirm that it is you.' },
  insufficient_scope: { text: 'Your account may not see this.' },
  not_found: { text: 'It is not there any more.' },
};

/** The text for an error whose code was in the address. */
export function textOf(code: string): string {
  return TEXTS[code]?.text ?? UNEXPECTED;
}

/** The text about an error, for people. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof AuthClientError)) return unexpected(error);
  const { code, status, field, retryAfter } = error;
  if (code === 'no_answer') return unreached();
  if (status === 429) return { text: 'Too many attempts.', wait: retryAfter ?? SHORTEST_WAIT };
  if (status >= 500 && status !== 500) {
    return { text: 'The server is not ready.', wait: retryAfter ?? SHORTEST_WAIT, isPassing: true };
  }
  const known = TEXTS[code] ?? TEXTS[status === 404 ? 'not_found' : ''];
  if (known) return known;
  if (code === 'invalid_request' && field !== undefined) return { text: error.message, field };
  return unexpected(error);
}

/** A text for people says nothing useful about this error; the console shows it to the developer. */
function unexpected(error: unknown): Failure {
  console.error(error);
  return { text: UNEXPECTED };
}

function unreached(): Failure {
  if (!navigator.onLine) return { text: 'You are offline.', isPassing: true };
  return { text: 'The server does not answer.', wait: SHORTEST_WAIT, isPassing: true };
}
