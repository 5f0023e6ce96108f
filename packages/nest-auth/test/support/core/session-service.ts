import { type AuthEvent, AuthEvents } from '../../../src/core/auth-event.js';
import { AuthError } from '../../../src/core/errors/auth-error.js';
import { SessionService } from '../../../src/core/sessions/session-service.js';
import { RefreshTokenSeal } from '../../../src/core/tokens/refresh-token.js';
import { Revocations } from '../../../src/core/tokens/revocations.js';
import { MemorySessionStore } from '../../../src/memory/session-store.js';
import { MemoryUserStore } from '../../../src/memory/user-store.js';

export const DEVICE = { ip: '192.0.2.1', userAgent: 'test' };
export const GRACE = 60;
/** Of an access token, clock differences included. */
export const LIFETIME = 910;
export const DAY = 24 * 60 * 60;

export async function setUp(store = new MemorySessionStore()) {
  const time = { now: Date.parse('2030-01-01T00:00:00Z') };
  const clock = () => time.now;
  const users = new MemoryUserStore();
  const events = new AuthEvents(clock, (error) => {
    throw error;
  });
  const seen: AuthEvent[] = [];
  events.subscribe((event) => seen.push(event));
  const revocations = new Revocations(LIFETIME, clock);
  const seal = new RefreshTokenSeal(['a secret that only this test knows, 32 bytes']);
  const ttl = { refresh: 30 * DAY, session: 90 * DAY, browser: DAY / 2, grace: GRACE };
  const limit = { max: 100, whenFull: 'end-oldest' } as const;
  const sessions = new SessionService({
    store,
    users,
    seal,
    revocations,
    events,
    clock,
    ttl,
    accessLifetime: LIFETIME,
    limit,
  });
  const user = await users.create({ login: 'ann', passwordHash: null, roles: ['user'], profile: {} });
  const wait = (seconds: number) => {
    time.now += seconds * 1000;
  };
  return { sessions, store, users, user, seen, seal, revocations, wait, time };
}

export const refusal = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'accepted',
    (error: unknown) => (error instanceof AuthError ? error.code : String(error)),
  );
