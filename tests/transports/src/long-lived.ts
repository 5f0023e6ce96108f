import type { TestClock } from '@acme/nest-auth/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import { authModule, visitor } from './world.js';

/** A connection that stays open: a socket or a subscription. */
export interface Connection {
  /** Resolves when the server has ended it. */
  readonly ended: Promise<void>;
  isOpen(): boolean;
  /** From the client's side. */
  close(): Promise<void>;
}

export interface LongWire {
  readonly app: INestApplicationContext;
  /** @throws Error whose `message` is the code of the refusal */
  connect(token?: string): Promise<Connection>;
  close(): Promise<unknown>;
}

interface Scene {
  readonly wire: LongWire;
  readonly clock: TestClock;
}

type Story = readonly [title: string, tell: (scene: Scene) => Promise<void>];

const STORIES: readonly Story[] = [
  [
    'stays open for a user, and is closed to anonymous',
    async ({ wire }) => {
      await expect(wire.connect()).rejects.toThrow('missing_token');
      const connection = await wire.connect((await visitor(wire.app)).token);
      expect(connection.isOpen()).toBe(true);
      await connection.close();
    },
  ],
  [
    'a token that is not valid does not open it',
    async ({ wire }) => {
      await expect(wire.connect('no.such.token')).rejects.toThrow('invalid_token');
      const { token, logOut } = await visitor(wire.app);
      await logOut();
      await expect(wire.connect(token)).rejects.toThrow('token_revoked');
    },
  ],
  [
    'is cut within 1 s of logout, and no other is',
    async ({ wire }) => {
      const [leaving, staying] = await Promise.all([visitor(wire.app), visitor(wire.app)]);
      const [cut, kept] = [await wire.connect(leaving.token), await wire.connect(staying.token)];
      const loggedOut = performance.now();
      await leaving.logOut();
      await cut.ended;
      expect(performance.now() - loggedOut).toBeLessThan(1000);
      expect(kept.isOpen()).toBe(true);
      await kept.close();
    },
  ],
  [
    'is cut when its token has expired',
    async ({ wire, clock }) => {
      const connection = await wire.connect((await visitor(wire.app)).token);
      clock.advance(3600);
      await connection.ended;
      expect(connection.isOpen()).toBe(false);
    },
  ],
];

/** Defines every story of connections that stay open, over one transport. */
export function tellLongStories(transport: string, open: (auth: DynamicModule) => Promise<LongWire>): void {
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
