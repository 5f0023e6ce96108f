import type { TestClock } from '@acme/nest-auth/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import type { Handler } from './handlers.js';
import { authModule, visitor } from './world.js';

/** The result of a call: the caller that the handler saw, or the code of the refusal. */
export interface Outcome {
  readonly caller?: string;
  readonly code?: string;
}

/** One transport, from a client's side. */
export interface Wire {
  readonly app: INestApplicationContext;
  /** @param token an access token; none is sent without it */
  call(handler: Handler, token?: string): Promise<Outcome>;
  close(): Promise<unknown>;
}

/** A finished app with the handlers, listening, and a client of it. */
export type OpenWire = (auth: DynamicModule) => Promise<Wire>;

interface Scene {
  readonly wire: Wire;
  readonly clock: TestClock;
}

type Story = readonly [title: string, tell: (scene: Scene) => Promise<void>];

async function expectAdminsOnly(wire: Wire, handler: Handler): Promise<void> {
  const [user, admin] = await Promise.all([visitor(wire.app, ['user']), visitor(wire.app, ['admin'])]);
  expect(await wire.call(handler)).toEqual({ code: 'missing_token' });
  expect(await wire.call(handler, user.token)).toEqual({ code: 'insufficient_scope' });
  expect(await wire.call(handler, admin.token)).toEqual({ caller: admin.id });
}

const STORIES: readonly Story[] = [
  [
    'no decorator: anonymous is refused',
    async ({ wire }) => expect(await wire.call('bare')).toEqual({ code: 'missing_token' }),
  ],
  [
    'no decorator: a user is let in and known',
    async ({ wire }) => {
      const { id, token } = await visitor(wire.app);
      expect(await wire.call('bare', token)).toEqual({ caller: id });
    },
  ],
  [
    '@CurrentUser(key) is the property',
    async ({ wire }) => {
      const { id, token } = await visitor(wire.app);
      expect(await wire.call('userId', token)).toEqual({ caller: id });
    },
  ],
  [
    '@Public lets anybody in, as nobody',
    async ({ wire }) => {
      expect(await wire.call('open')).toEqual({ caller: 'nobody' });
      expect(await wire.call('open', (await visitor(wire.app)).token)).toEqual({ caller: 'nobody' });
    },
  ],
  [
    '@OptionalAuth knows a user, and nobody',
    async ({ wire }) => {
      const { id, token } = await visitor(wire.app);
      expect(await wire.call('optional')).toEqual({ caller: 'nobody' });
      expect(await wire.call('optional', token)).toEqual({ caller: id });
    },
  ],
  [
    '@OptionalAuth refuses a token that is not valid',
    async ({ wire }) => expect(await wire.call('optional', 'no.such.token')).toEqual({ code: 'invalid_token' }),
  ],
  [
    '@Roles on a method',
    async ({ wire }) => {
      const [user, admin] = await Promise.all([visitor(wire.app, ['user']), visitor(wire.app, ['admin'])]);
      expect(await wire.call('admin')).toEqual({ code: 'missing_token' });
      expect(await wire.call('admin', user.token)).toEqual({ code: 'insufficient_scope' });
      expect(await wire.call('admin', admin.token)).toEqual({ caller: admin.id });
    },
  ],
  [
    '@Roles on the class',
    async ({ wire }) => {
      const [user, admin] = await Promise.all([visitor(wire.app, ['user']), visitor(wire.app, ['admin'])]);
      expect(await wire.call('adminClassBare')).toEqual({ code: 'missing_token' });
      expect(await wire.call('adminClassBare', user.token)).toEqual({ code: 'insufficient_scope' });
      expect(await wire.call('adminClassBare', admin.token)).toEqual({ caller: admin.id });
    },
  ],
  [
    '@Public on a method beats @Roles on the class',
    async ({ wire }) => expect(await wire.call('adminClassOpen')).toEqual({ caller: 'nobody' }),
  ],
  [
    '@Public on the class, @Roles on a method',
    async ({ wire }) => {
      const [user, admin] = await Promise.all([visitor(wire.app, ['user']), visitor(wire.app, ['admin'])]);
      expect(await wire.call('openClassBare')).toEqual({ caller: 'nobody' });
      expect(await wire.call('openClassAdmin')).toEqual({ code: 'missing_token' });
      expect(await wire.call('openClassAdmin', user.token)).toEqual({ code: 'insufficient_scope' });
      expect(await wire.call('openClassAdmin', admin.token)).toEqual({ caller: admin.id });
    },
  ],
  [
    '@Require on a method and on a base class',
    async ({ wire }) => {
      const [user, admin] = await Promise.all([visitor(wire.app, ['user']), visitor(wire.app, ['admin'])]);
      for (const handler of ['required', 'requiredClass'] as const) {
        expect(await wire.call(handler)).toEqual({ code: 'missing_token' });
        expect(await wire.call(handler, user.token)).toEqual({ code: 'wrong_password' });
        expect(await wire.call(handler, admin.token)).toEqual({ caller: admin.id });
      }
    },
  ],
  [
    '@RequireRecent on a method and on the class, by the clock of the module',
    async ({ wire, clock }) => {
      const { id, token } = await visitor(wire.app);
      const outcomes = async () => [await wire.call('recentClass', token), await wire.call('recent', token)];
      const tooOld = { code: 'insufficient_user_authentication' };
      expect(await wire.call('recent')).toEqual({ code: 'missing_token' });
      expect(await outcomes()).toEqual([{ caller: id }, { caller: id }]);
      clock.advance(330);
      expect(await outcomes()).toEqual([tooOld, { caller: id }]);
      clock.advance(300);
      expect(await outcomes()).toEqual([tooOld, tooOld]);
      expect(await wire.call('bare', token)).toEqual({ caller: id });
    },
  ],
  [
    'a wrapped handler keeps its policy',
    async ({ wire }) => {
      await expectAdminsOnly(wire, 'wrappedAdmin');
      expect(await wire.call('wrappedOpen')).toEqual({ caller: 'nobody' });
    },
  ],
  [
    'an override without a decorator keeps the policy of what it overrides',
    async ({ wire }) => expectAdminsOnly(wire, 'overridden'),
  ],
  ['a subclass keeps the policy of its base class', async ({ wire }) => expectAdminsOnly(wire, 'inherited')],
  [
    '@Authorize is asked, with the context',
    async ({ wire }) => {
      const [user, admin] = await Promise.all([visitor(wire.app, ['user']), visitor(wire.app, ['admin'])]);
      expect(await wire.call('ruled', user.token)).toEqual({ code: 'insufficient_scope' });
      expect(await wire.call('ruled', admin.token)).toEqual({ caller: admin.id });
    },
  ],
  [
    'a forged token is refused',
    async ({ wire }) => {
      const { token } = await visitor(wire.app);
      const forged = `${token.slice(0, -4)}AAAA`;
      expect(await wire.call('bare', forged)).toEqual({ code: 'invalid_token' });
    },
  ],
  [
    'an expired token is refused',
    async ({ wire, clock }) => {
      const { token } = await visitor(wire.app);
      clock.advance(3600);
      expect(await wire.call('bare', token)).toEqual({ code: 'token_expired' });
    },
  ],
  [
    'a token is refused after logout',
    async ({ wire }) => {
      const { token, logOut } = await visitor(wire.app);
      await logOut();
      expect(await wire.call('bare', token)).toEqual({ code: 'token_revoked' });
    },
  ],
  [
    'callers at the same time are never mixed up',
    async ({ wire }) => {
      const visitors = await Promise.all(Array.from({ length: 8 }, () => visitor(wire.app)));
      const outcomes = await Promise.all(visitors.map(({ token }) => wire.call('bare', token)));
      expect(outcomes).toEqual(visitors.map(({ id }) => ({ caller: id })));
    },
  ],
  [
    "a handler's own AuthError keeps its code",
    async ({ wire }) => expect(await wire.call('refusing')).toEqual({ code: 'too_many_attempts' }),
  ],
];

/** Defines every story over one transport. Their titles are the rows of the table. */
export function tellStories(transport: string, open: OpenWire): void {
  describe.each([transport])('stories over %s', () => {
    let scene: Scene;
    beforeAll(async () => {
      const { clock, auth } = authModule();
      scene = { clock, wire: await open(auth) };
    });
    afterAll(() => scene?.wire.close());

    test.each(STORIES)('%s', (_title, tell) => tell(scene));
  });
}
