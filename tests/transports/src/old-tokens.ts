import { EventEmitter, once } from 'node:events';
import { type AuthUser, SessionService } from '@acme/nest-auth';
import { oldTokens } from '@acme/nest-auth/old-tokens';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { LongWire } from './long-lived.js';
import type { OpenWire, Wire } from './stories.js';
import { authModule } from './world.js';

const OLD_SECRET = 'the one secret of the old app';
const HOUR = 3600;
/** How long an access token of the library lives, in seconds. */
const RENEWAL = 15 * 60;

/** The library after a switch. Old tokens work for four hours. */
function switched() {
  const { clock, auth, ...stores } = authModule({
    features: [oldTokens()],
    ttl: { access: RENEWAL },
    oldTokens: { until: '2030-01-01T04:00:00Z', access: { key: OLD_SECRET, alg: 'HS256' } },
  });
  let users = 0;
  const calls: string[] = [];
  const polls = new EventEmitter();
  watch(stores.userStore, (method) => calls.push(method));
  watch(stores.sessionStore, (method) => (method === 'revokedSince' ? polls.emit(method) : calls.push(method)));
  return {
    ...stores,
    clock,
    auth,
    calls,
    /** Resolves when open connections have been checked, which is as often as the library asks for revocations. */
    async checks(times: number): Promise<void> {
      for (let n = 0; n < times; n++) await once(polls, 'revokedSince');
    },
    /** A user of the old app, with a token that it signed. */
    async oldUser(roles: readonly string[] = [], lifetime = 12 * HOUR): Promise<OldUser> {
      const login = `old-${++users}@example.org`;
      const user = await stores.userStore.create({ login, passwordHash: null, roles: [...roles], profile: {} });
      const iat = Math.floor(clock.now / 1000);
      const payload = { sub: user.id, roles: ['admin'], iat, exp: iat + lifetime };
      return { user, token: new JwtService({}).sign(payload, { secret: OLD_SECRET, algorithm: 'HS256' }) };
    },
  };
}

interface OldUser {
  readonly user: AuthUser;
  readonly token: string;
}

function watch(store: object, seen: (method: string) => void): void {
  for (const method of Object.getOwnPropertyNames(Object.getPrototypeOf(store))) {
    const original: unknown = Reflect.get(store, method);
    if (method === 'constructor' || typeof original !== 'function') continue;
    Reflect.set(store, method, (...args: unknown[]) => {
      seen(method);
      return original.apply(store, args);
    });
  }
}

const logOutEverywhere = (app: INestApplicationContext, { user }: OldUser) =>
  app.get(SessionService, { strict: false }).revokeAll(user.id);

type World = ReturnType<typeof switched>;
type Story<W> = readonly [title: string, tell: (wire: W, world: World) => Promise<void>];

const STORIES: readonly Story<Wire>[] = [
  [
    'an old token lets its user in, with the roles that the store has',
    async (wire, { oldUser }) => {
      const [user, admin] = [await oldUser(), await oldUser(['admin'])];
      expect(await wire.call('bare', user.token)).toEqual({ caller: user.user.id });
      expect(await wire.call('optional', user.token)).toEqual({ caller: user.user.id });
      expect(await wire.call('admin', user.token)).toEqual({ code: 'insufficient_scope' });
      expect(await wire.call('admin', admin.token)).toEqual({ caller: admin.user.id });
    },
  ],
  [
    'an old token is never a recent login',
    async (wire, { oldUser }) =>
      expect(await wire.call('recent', (await oldUser()).token)).toEqual({ code: 'insufficient_user_authentication' }),
  ],
  [
    'an old token is refused after a logout everywhere, and nobody else’s is',
    async (wire, { oldUser }) => {
      const [leaving, staying] = [await oldUser(), await oldUser()];
      await logOutEverywhere(wire.app, leaving);
      expect(await wire.call('bare', leaving.token)).toEqual({ code: 'token_revoked' });
      expect(await wire.call('bare', staying.token)).toEqual({ caller: staying.user.id });
    },
  ],
  [
    'an old token of a disabled user is refused',
    async (wire, { oldUser, userStore, clock }) => {
      const { user, token } = await oldUser();
      userStore.update(user.id, { disabledAt: new Date(clock.now) });
      expect(await wire.call('bare', token)).toEqual({ code: 'token_revoked' });
    },
  ],
  [
    'an old token is refused when it has expired, and after the day that was set',
    async (wire, { oldUser, clock }) => {
      const [short, long] = [await oldUser([], HOUR), await oldUser()];
      clock.advance(HOUR);
      expect(await wire.call('bare', short.token)).toEqual({ code: 'token_expired' });
      expect(await wire.call('bare', long.token)).toEqual({ caller: long.user.id });
      clock.advance(3 * HOUR);
      expect(await wire.call('bare', long.token)).toEqual({ code: 'invalid_token' });
    },
  ],
];

const LONG_STORIES: readonly Story<LongWire>[] = [
  [
    'opens with an old token, unless its user has logged out everywhere',
    async (wire, { oldUser }) => {
      const user = await oldUser();
      const connection = await wire.connect(user.token);
      expect(connection.isOpen()).toBe(true);
      await connection.close();
      await logOutEverywhere(wire.app, user);
      await expect(wire.connect(user.token)).rejects.toThrow('token_revoked');
    },
  ],
  [
    'is cut within 1 s of a logout everywhere of its old token’s user, and no other is',
    async (wire, { oldUser }) => {
      const [leaving, staying] = [await oldUser(), await oldUser()];
      const [cut, kept] = [await wire.connect(leaving.token), await wire.connect(staying.token)];
      const loggedOut = performance.now();
      await logOutEverywhere(wire.app, leaving);
      await cut.ended;
      expect(performance.now() - loggedOut).toBeLessThan(1000);
      expect(kept.isOpen()).toBe(true);
      await kept.close();
    },
  ],
  [
    'with an old token asks no store again, as with a token of a session',
    async (wire, { oldUser, calls, checks }) => {
      const connection = await wire.connect((await oldUser()).token);
      calls.length = 0;
      await checks(4);
      expect([calls, connection.isOpen()]).toEqual([[], true]);
      await connection.close();
    },
  ],
  [
    'is cut when its old token’s user is disabled, as soon as a session’s token would have to be renewed',
    async (wire, { oldUser, userStore, clock }) => {
      const { user, token } = await oldUser();
      const connection = await wire.connect(token);
      userStore.update(user.id, { disabledAt: new Date(clock.now) });
      clock.advance(RENEWAL);
      await connection.ended;
      expect(connection.isOpen()).toBe(false);
    },
  ],
  [
    'is cut when its old token has expired, and after the day that was set',
    async (wire, { oldUser, clock }) => {
      const [short, long] = [await oldUser([], 60), await oldUser()];
      const [cut, kept] = [await wire.connect(short.token), await wire.connect(long.token)];
      clock.advance(60);
      await cut.ended;
      expect(kept.isOpen()).toBe(true);
      clock.advance(4 * HOUR);
      await kept.ended;
      await expect(wire.connect(long.token)).rejects.toThrow('invalid_token');
    },
  ],
];

function tell<W extends { close(): Promise<unknown> }>(
  transport: string,
  stories: readonly Story<W>[],
  open: (world: World) => Promise<W>,
): void {
  describe.each([transport])('stories over %s', () => {
    let world: World;
    let wire: W;
    beforeAll(async () => {
      world = switched();
      wire = await open(world);
    });
    afterAll(() => wire?.close());

    test.each(stories)('%s', (_title, play) => play(wire, world));
  });
}

/** Defines the stories of what old tokens open over one transport. */
export function tellOldStories(transport: string, open: OpenWire): void {
  tell(transport, STORIES, ({ auth }) => open(auth));
}

/** Defines the stories of what old tokens keep open over one transport. */
export function tellOldLongStories(transport: string, open: (auth: World['auth']) => Promise<LongWire>): void {
  tell(transport, LONG_STORIES, ({ auth }) => open(auth));
}
