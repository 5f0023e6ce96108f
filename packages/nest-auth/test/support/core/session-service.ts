import type fc from 'fast-check';
import { type AuthEvent, AuthEvents } from '../../../src/core/auth-event.js';
import { AuthError } from '../../../src/core/errors/auth-error.js';
import { RefreshTokenSeal } from '../../../src/core/refresh-tokens/refresh-token.js';
import { Revocations } from '../../../src/core/revocation/revocations.js';
import type { SessionLimitOptions } from '../../../src/core/sessions/session-limit.js';
import { SessionService } from '../../../src/core/sessions/session-service.js';
import { MemorySessionStore } from '../../../src/memory/session-store.js';
import { MemoryUserStore } from '../../../src/memory/user-store.js';

export const DEVICE = { ip: '192.0.2.1', userAgent: 'test' };
export const GRACE = 60;
/** The lifetime of an access token, clock differences included. */
export const LIFETIME = 910;
export const DAY = 24 * 60 * 60;

const ROOMY: SessionLimitOptions = { max: 100, whenFull: 'end-oldest' };

export async function setUp(store = new MemorySessionStore(), limit: SessionLimitOptions = ROOMY) {
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

/** The same store, but each call waits for its turn in an order that fast-check chooses. */
export function scheduled(store: MemorySessionStore, scheduler: fc.Scheduler): MemorySessionStore {
  return new Proxy(store, {
    get(target, key) {
      const member: unknown = Reflect.get(target, key, target);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        await scheduler.schedule(Promise.resolve(), String(key));
        return member.apply(target, args);
      };
    },
  });
}
