import type { Call } from './client.js';
import { asking, type Device, loggingIn, PASSWORD, refreshing } from './device.js';

/**
 * The stores that a route uses, besides the check of the access token. Users are in PostgreSQL, counters in Redis, and
 * sessions in one of them.
 */
export type Need = 'users' | 'sessions' | 'counters';

export interface Route {
  readonly needs: readonly Need[];
  readonly call: (device: Device, other: Device) => Call;
  readonly succeeds: number;
  /** Codes that a second try may return instead, if the first one took effect although its answer was lost. */
  readonly done?: readonly string[];
}

const post = (path: string, { access, from }: Device, body?: object): Call => ({
  method: 'POST',
  path: `/auth/${path}`,
  token: access,
  from,
  ...(body && { body }),
});

/** Every route of the library. */
export const ROUTES = {
  register: {
    needs: ['users', 'sessions', 'counters'],
    call: ({ email, from }) => ({
      method: 'POST',
      path: '/auth/register',
      body: { email: `new-${email}`, password: PASSWORD },
      from,
    }),
    succeeds: 201,
    done: ['login_taken'],
  },
  login: { needs: ['users', 'sessions', 'counters'], call: (device) => loggingIn(device), succeeds: 200 },
  refresh: { needs: ['users', 'sessions'], call: refreshing, succeeds: 200 },
  me: { needs: ['users'], call: (device) => asking(device, '/auth/me'), succeeds: 200 },
  password: {
    needs: ['users', 'sessions', 'counters'],
    call: (device) =>
      post('password', device, { current_password: PASSWORD, new_password: 'an even finer passphrase' }),
    succeeds: 204,
    done: ['wrong_password', 'password_changed_meanwhile'],
  },
  confirm: {
    needs: ['users', 'sessions', 'counters'],
    call: (device) => post('confirm', device, { password: PASSWORD }),
    succeeds: 200,
  },
  sessions: { needs: ['sessions'], call: (device) => asking(device, '/auth/sessions'), succeeds: 200 },
  'end a session': {
    needs: ['sessions'],
    call: ({ access, from }, other) => ({
      method: 'DELETE',
      path: `/auth/sessions/${other.sessionId}`,
      token: access,
      from,
    }),
    succeeds: 204,
    done: ['not_found'],
  },
  logout: {
    needs: ['sessions'],
    call: (device) => post('logout', device),
    succeeds: 204,
    done: ['token_revoked'],
  },
  'logout-all': {
    needs: ['sessions'],
    call: (device) => post('logout-all', device),
    succeeds: 204,
    done: ['token_revoked'],
  },
} as const satisfies Record<string, Route>;

/** If every request asks the store whether the session is alive, the app's own routes also do. */
export const STRICT_ROUTES = {
  'a private route, strictly': { needs: ['sessions'], call: (device) => asking(device, '/notes'), succeeds: 200 },
  'an optional route, strictly': { needs: ['sessions'], call: (device) => asking(device, '/greeting'), succeeds: 200 },
  'me, strictly': { needs: ['sessions', 'users'], call: (device) => asking(device, '/auth/me'), succeeds: 200 },
} as const satisfies Record<string, Route>;
