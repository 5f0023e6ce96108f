import { invalid, record } from './arguments.js';

/** How a user logged in. The session keeps it, and its access tokens show it. */
export interface LoginDetails {
  /**
   * What the user proved, as `amr` values (RFC 8176): at most 8, each 1 to 32 characters of `a-z 0-9 _ -`. The library
   * adds none by itself, `mfa` included. @default none
   */
  readonly methods?: readonly string[];
  /** Whether the session outlives the browser. @default true */
  readonly remember?: boolean | undefined;
  /** The id of the person who acts in the user's place (RFC 8693 §4.1). @default nobody */
  readonly actorId?: string | null;
}

/** The login that `AuthService.admit` receives. */
export interface AdmitOptions extends LoginDetails {
  /** Names of the features whose challenges were met. @default none */
  readonly passed?: readonly string[];
}

/** A login before its session, which a challenge may delay. Pass all of it to `AuthService.admit` afterwards. */
export interface HeldLogin extends AdmitOptions {
  readonly passed: readonly string[];
  readonly methods: readonly string[];
  readonly remember: boolean;
}

export const MAX_METHODS = 8;
const METHOD = /^[a-z0-9_-]{1,32}$/;
const MAX_ID_LENGTH = 255;

/** Whether the value is a list of methods that `SessionRecord` allows. */
export function areMethods(value: unknown): value is readonly string[] {
  // A copy, because `every` skips the holes of a list.
  return Array.isArray(value) && value.length <= MAX_METHODS && Array.from(value).every(isMethod);
}

/** @throws AuthError `invalid_request` if a detail has the wrong type */
export function readLogin(login: LoginDetails): Required<LoginDetails> {
  const { methods = [], remember = true, actorId = null } = record(login, 'login');
  if (!areMethods(methods)) {
    throw invalid(
      `methods must be a list of at most ${MAX_METHODS} names, each 1 to 32 characters of a-z, 0-9, _ and -.`,
      'methods',
    );
  }
  if (typeof remember !== 'boolean') throw invalid('remember must be true or false.', 'remember');
  if (actorId !== null && !isId(actorId)) {
    throw invalid(`actorId must be a string of 1 to ${MAX_ID_LENGTH} characters, or null.`, 'actorId');
  }
  return { methods: Object.freeze([...methods]), remember, actorId };
}

function isMethod(value: unknown): boolean {
  return typeof value === 'string' && METHOD.test(value);
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID_LENGTH;
}
