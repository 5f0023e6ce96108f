import { AuthError } from '../errors/auth-error.js';

/** A new access token of a session that keeps its refresh token. */
export interface AccessAnswer {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds until the access token expires. */
  readonly expires_in: number;
}

/** A successful answer (RFC 6749 §5.1). */
export interface Tokens extends AccessAnswer {
  readonly refresh_token: string;
}

/** Instead of tokens: a feature asks for one more proof before the login. */
export interface Challenge {
  /** The feature that asks. */
  readonly challenge: string;
  readonly challenge_token: string;
  /** Seconds until the challenge expires. */
  readonly expires_in: number;
}

/** Distinguish them by `'access_token' in answer`. */
export type LoginAnswer = Tokens | Challenge;

/** Instead of tokens: a registration that waits for something, the same whether the login was free or taken. */
export interface PendingRegistration {
  /** What it waits for, such as `'email_verification'`. */
  readonly pending: string;
}

/** Distinguish them by `'pending' in answer`. */
export type RegistrationAnswer = LoginAnswer | PendingRegistration;

/** How long a browser keeps tokens. Response bodies do not contain it. */
export interface Keeping {
  /** Whether the browser keeps them after it is closed. */
  readonly remember: boolean;
  /** The end of the session. */
  readonly endsAt: Date;
}

const keepings = new WeakMap<object, Keeping>();

export function keep<T extends AccessAnswer>(tokens: T, session: Keeping): T {
  const { remember, endsAt } = session;
  keepings.set(tokens, { remember, endsAt });
  if (fromCookies.has(session)) Object.defineProperty(tokens, 'toJSON', { value: refuseToBeRead });
  return tokens;
}

const fromCookies = new WeakSet<object>();

/** Marks a session whose refresh token came from a cookie: its tokens are sent by cookie, or not at all. */
export function fromCookie<T extends Keeping>(session: T): T {
  fromCookies.add(session);
  return session;
}

function refuseToBeRead(): never {
  throw new AuthError('contract_broken', {
    message:
      'A route answers a refresh by cookie with tokens that a script could read; put @UseInterceptors(TokenAnswers) before it.',
  });
}

/** @returns `undefined` for tokens that an app has copied */
export function keepingOf(tokens: AccessAnswer): Keeping | undefined {
  return keepings.get(tokens);
}

export function isTokens(answer: unknown): answer is Tokens | AccessAnswer {
  const { access_token, token_type, refresh_token } = Object(answer) as Partial<Tokens>;
  return typeof access_token === 'string' && (typeof refresh_token === 'string' || token_type === 'Bearer');
}

/** How deep an answer is searched. */
const DEPTH = 4;

/** Whether an answer contains tokens. */
export function hasTokens(answer: unknown, depth = DEPTH): boolean {
  if (typeof answer !== 'object' || answer === null || depth === 0) return false;
  return isTokens(answer) || Object.values(answer).some((part) => hasTokens(part, depth - 1));
}
