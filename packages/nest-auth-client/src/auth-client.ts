import type { Transport } from './transport.js';

/** Where the API is, and how the session is carried. */
export interface AuthClientOptions {
  /** The library's routes: `/auth`, or an absolute URL, which a server needs. */
  readonly url: string;
  /**
   * `bearer(storage)` for servers and apps without cookies.
   * @default cookies, which no script can read
   */
  readonly transport?: Transport;
  /**
   * Further origins of the API. The session is sent only to these and to the origin of `url`.
   * @default []
   */
  readonly origins?: readonly string[];
  /**
   * Milliseconds until a call of the library's routes is aborted.
   * @default 10000
   */
  readonly timeout?: number;
}

export interface LoggedIn {
  /** Seconds until the access token expires. */
  readonly expires_in: number;
}

/** A feature requires a further step: answer with `login({ challenge_token, … }, step)`. */
export interface Challenge {
  /** The feature that asks. */
  readonly challenge: string;
  readonly challenge_token: string;
  /** Seconds until the challenge expires. */
  readonly expires_in: number;
  /** The steps to choose from. */
  readonly options?: readonly string[];
}

/** Tell them apart by `'challenge' in answer`. */
export type LoginAnswer = LoggedIn | Challenge;

/** The registration waits: nobody is logged in, and the answer does not reveal whether the login was free. */
export interface PendingRegistration {
  /** What it waits for, such as `'email_verification'`. */
  readonly pending: string;
}

/** Tell them apart by `'pending' in answer`. */
export type RegistrationAnswer = LoginAnswer | PendingRegistration;

/** One device of the user. */
export interface AuthSession {
  readonly id: string;
  readonly createdAt: string;
  readonly lastUsedAt: string;
  readonly userAgent: string | null;
  readonly ip: string | null;
  readonly methods: readonly string[];
  readonly authenticatedAt: string;
  readonly actorId?: string;
  /** Whether it is this client's session. */
  readonly current: boolean;
}

/** Bodies and answers are those of the routes. All but `fetch` reject with an `AuthClientError`. */
export interface AuthClient {
  /**
   * `fetch` with the session: a request whose access token is refused is repeated once, after one refresh for all
   * requests and tabs. Relative URLs are relative to `url`; other origins than the API's get a plain `fetch`.
   * @throws AuthClientError if the refresh failed for another reason than the end of the session
   */
  fetch: typeof fetch;
  /** @param body the login under the name that the app gives it, the password, and `remember: false` for a browser session */
  login(body: object, step?: string): Promise<LoginAnswer>;
  register(body: object): Promise<RegistrationAnswer>;
  /** Ends this session. If the server does not answer, tokens are deleted anyway, but cookies stay. */
  logout(): Promise<void>;
  /** Ends all sessions of the user. */
  logoutAll(): Promise<void>;
  me<User = unknown>(): Promise<User>;
  sessions(): Promise<AuthSession[]>;
  endSession(id: string): Promise<void>;
  /** Proves again who the user is, for routes that need a recent login. @throws AuthClientError `wrong_password` */
  confirm(password: string): Promise<LoggedIn>;
  changePassword(body: { readonly current_password: string; readonly new_password: string }): Promise<void>;
  forgotPassword(body: { readonly email: string }): Promise<void>;
  resetPassword(body: { readonly token: string; readonly new_password: string }): Promise<void>;
  /** Any other route below `url`, such as a feature's. */
  call<Answer = unknown>(method: string, path: string, body?: object): Promise<Answer>;
  /**
   * @param listener gets `'logout'`, or the code with which a refresh was refused
   * @returns a function that unsubscribes
   */
  on(event: 'session-ended', listener: (reason: string) => void): () => void;
}
