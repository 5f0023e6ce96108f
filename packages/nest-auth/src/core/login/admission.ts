import type { AuthUser, UserStore } from '../../ports/user-store.js';
import { deviceOf, list, record } from '../arguments.js';
import type { AuthEvents, Device } from '../auth-event.js';
import { AuthError } from '../errors/auth-error.js';
import { type AdmitOptions, type LoginDetails, readLogin } from '../login-details.js';
import type { Observation } from '../observation/observation.js';
import { observed } from '../observation/observed.js';
import { notify } from '../resilience/notify.js';
import type { ConfirmedSession, LiveSession } from '../sessions/live-session.js';
import type { SessionService } from '../sessions/session-service.js';
import type { TokenService } from '../tokens/token-service.js';
import { unfindable } from '../users/stored-user.js';
import type { Authenticator } from './authenticator.js';
import { type AccessAnswer, keep, type LoginAnswer, type Tokens } from './login-answer.js';
import type { LoginHooks } from './login-hooks.js';

export interface AdmissionOptions {
  readonly users: UserStore;
  readonly authenticator: Authenticator;
  readonly sessions: SessionService;
  readonly tokens: TokenService;
  readonly events: AuthEvents;
  readonly hooks: readonly LoginHooks[];
  /** Receives the errors of hooks that ran too late to change the outcome. */
  readonly report: (error: unknown) => void;
  /** @default nobody observes */
  readonly observation?: Observation | undefined;
}

/** The store method that returned the user, for the message if `findById` does not find them. */
type Source = 'create' | 'findByLogin';

/** Admits users who have proved who they are: asks the hooks, starts a session and issues tokens. */
export class Admission {
  constructor(private readonly options: AdmissionOptions) {}

  /** See `AuthService.admit`. */
  admit(user: AuthUser, device: Device, login: AdmitOptions, by: Source = 'findByLogin'): Promise<LoginAnswer> {
    return observed(this.options.observation, 'admit', () => this.#admit(user, device, login, by));
  }

  async #admit(user: AuthUser, device: Device, login: AdmitOptions, by: Source): Promise<LoginAnswer> {
    const { hooks, events } = this.options;
    deviceOf(device);
    const details = readLogin(login);
    const passed = list(login.passed ?? [], 'passed');
    for (const hook of hooks) {
      if (passed.includes(hook.feature)) continue;
      const challenge = await hook.beforeSession?.(user, { ...details, device, passed });
      if (!challenge) continue;
      events.emit('login_challenged', { userId: user.id, challenge: challenge.challenge, device });
      return challenge;
    }
    return this.#startSession(user, device, details, by);
  }

  async #startSession(user: AuthUser, device: Device, login: LoginDetails, by: Source): Promise<Tokens> {
    const { users, sessions, authenticator, events, hooks, report } = this.options;
    // Signed first: a session whose access token would be too long is not stored.
    let tokens = {} as Tokens;
    const session = await sessions.start(user, device, login, async (coming) => {
      tokens = await this.tokensOf(coming);
    });
    // A password change since the check has ended the earlier sessions, but not this one.
    const fresh = await users.findById(user.id).catch(async (error: unknown) => {
      // Nobody gets its tokens, but while it lives, it takes one of the user's places.
      await sessions.end(user.id, session.sessionId, 'user_unavailable').catch(() => {});
      throw error;
    });
    if (!fresh || fresh.disabledAt || fresh.passwordHash !== user.passwordHash) {
      await sessions.end(user.id, session.sessionId, 'user_unavailable');
      if (fresh) throw new AuthError('invalid_credentials');
      throw by === 'create' ? unfindable(users, by) : await authenticator.whyAbsent(user);
    }
    events.emit('logged_in', { userId: user.id, sessionId: session.sessionId, device });
    await notify(hooks, report, (hook) => hook.afterLogin?.(user, { device, sessionId: session.sessionId }));
    return tokens;
  }

  /** The wire form of a session that was just started or rotated. */
  async tokensOf(session: LiveSession): Promise<Tokens> {
    const { refreshToken } = record(session, 'session');
    return keep({ ...(await this.accessOf(session)), refresh_token: refreshToken }, session);
  }

  /** Like `tokensOf`, for a session that keeps its refresh token. */
  async accessOf(session: ConfirmedSession): Promise<AccessAnswer> {
    const { user, sessionId } = session;
    const { token, expiresIn } = await this.options.tokens.issue(user, sessionId, session);
    return keep({ access_token: token, token_type: 'Bearer', expires_in: expiresIn }, session);
  }
}
