import { AuthClientError, createAuthClient } from '@acme/nest-auth-client';

export interface User {
  readonly id: string;
  readonly email: string;
  readonly email_verified: boolean;
  readonly displayName: string;
  readonly hasPassword: boolean;
  readonly roles: readonly string[];
}

/** By cookies, which no script can read. */
export const auth = createAuthClient({ url: '/auth' });

const REASONS: Readonly<Record<string, string>> = {
  logout: 'You are logged out.',
  session_revoked: 'You were logged out from another device. Log in again.',
  session_expired: 'You were away for too long. Log in again.',
};

/** Whether the server says that there is no session. If only the login is too old, the session goes on. */
export function isRefused(error: unknown): error is AuthClientError {
  return error instanceof AuthClientError && error.status === 401 && error.code !== 'insufficient_user_authentication';
}

/** Who uses the page. Nothing of it is stored: after a reload the server is asked. */
export class Session {
  user: User | null = null;
  readonly #tabs = new BroadcastChannel('notes-login');
  #farewell: string | undefined;

  /** @param ended gets the reason, for people to read */
  constructor(private readonly ended: (why: string, isLogout: boolean) => void) {
    auth.on('session-ended', (reason) => this.end(reason));
  }

  /** Asks the server. @throws AuthClientError unless it knows the answer */
  async load(): Promise<void> {
    try {
      this.user = await auth.me<User>();
    } catch (error) {
      if (!isRefused(error)) throw error;
      this.end(error.code);
    }
  }

  /** Called after a login: other tabs may show the data of another user. */
  async begin(): Promise<void> {
    await this.load();
    this.#tabs.postMessage('login');
  }

  onLoginElsewhere(listener: () => void): void {
    this.#tabs.onmessage = listener;
  }

  /** Ends it on this page, once. */
  end(reason: string): void {
    if (!this.user) return;
    this.user = null;
    const why = this.#farewell ?? REASONS[reason] ?? 'Your session has ended. Log in again.';
    this.ended(why, reason === 'logout');
  }

  /** @throws AuthClientError if nobody answers: then the session goes on */
  async leave(isEverywhere: boolean): Promise<void> {
    this.#farewell = isEverywhere ? 'You are logged out on all devices.' : 'You are logged out.';
    try {
      await (isEverywhere ? auth.logoutAll() : auth.logout());
      this.end('logout');
    } finally {
      this.#farewell = undefined;
    }
  }
}
