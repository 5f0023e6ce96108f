import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { asking, logIn, refreshing, renew, signUp, until } from '../src/device.js';
import { type AppProcess, startAll, stopAll } from '../src/processes.js';
import type { SessionsOn } from '../src/protocol.js';
import { haveServers } from '../src/servers.js';
import { createWorld, type World } from '../src/world.js';

const SKEWS = [-30_000, 0, 30_000];
const PAIRS = SKEWS.flatMap((one) => SKEWS.map((other) => ({ one, other })));

const ready = await haveServers('PostgreSQL', 'Redis');
const stories = ready ? describe : describe.skip;

stories.each<SessionsOn>(['postgres', 'redis'])(
  'clocks 30 s slow, right and 30 s fast, with sessions on %s',
  (sessions) => {
    let world: World;
    let processes: AppProcess[] = [];
    const at = (skew: number) => processes[SKEWS.indexOf(skew)]!;

    beforeAll(async () => {
      world = await createWorld(sessions);
      processes = await startAll(SKEWS.map((skew) => ({ ...world.settings, skew, clockTolerance: '60s' })));
    });
    afterAll(async () => {
      await stopAll(processes);
      await world?.close();
    });

    test('an access token that one of them issued is good on all', async () => {
      for (const issuer of processes) {
        const device = await signUp(issuer);
        const answers = await Promise.all(processes.map((app) => app.send(asking(device, '/auth/me'))));
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
      }
    });

    test('a race of refreshes among them has one successor, whoever wins it, and revokes nothing', async () => {
      for (let round = 0; round < 5; round++) {
        const device = await signUp(processes[round % 3]!);
        const answers = await Promise.all(
          Array.from({ length: 30 }, (_, i) => processes[(round + i) % 3]!.send(refreshing(device))),
        );
        expect(answers.map(({ status, text }) => (status === 200 ? status : text))).toEqual(Array(30).fill(200));
        expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
        expect(await world.live(device.userId)).toEqual([{ id: device.sessionId, generation: 1 }]);
      }
    });

    test.each(PAIRS)(
      'a refresh at $one ms is repeated at $other ms with the same successor',
      async ({ one, other }) => {
        const device = await signUp(at(one));
        const first = await at(one).send(refreshing(device));
        const retry = await at(other).send(refreshing(device));
        expect([first.status, retry.status, retry.body.code]).toEqual([200, 200, undefined]);
        expect(retry.body.refresh_token).toBe(first.body.refresh_token);
        await renew(at(one), { ...device, refresh: first.body.refresh_token });
      },
    );

    test.each(PAIRS)('a token replaced twice at $one ms is a replay at $other ms', async ({ one, other }) => {
      const device = await signUp(at(one));
      const stolen = { ...device };
      await renew(at(one), device);
      await renew(at(one), device);
      expect((await at(other).send(refreshing(stolen))).body.code).toBe('refresh_token_reused');
      expect(await world.live(device.userId)).toEqual([]);
    });

    test.each(PAIRS)('a logout at $one ms ends access tokens at $other ms within a second', async ({ one, other }) => {
      const device = await signUp(at(other));
      const logout = { method: 'POST', path: '/auth/logout', token: device.access, from: device.from } as const;
      expect((await at(one).send(logout)).status).toBe(204);
      await until(
        () => at(other).send(asking(device)),
        ({ status }) => status === 401,
        1000,
      );
    });

    const loginAfterLogout = async ({ one, other }: (typeof PAIRS)[number]) => {
      const device = await signUp(at(one));
      const logout = { method: 'POST', path: '/auth/logout-all', token: device.access, from: device.from } as const;
      expect((await at(one).send(logout)).status).toBe(204);
      const again = await logIn(at(other), device);
      const answers = await Promise.all(processes.map((app) => app.send(asking(again))));
      expect(answers.map(({ status, text }) => (status === 200 ? status : text))).toEqual([200, 200, 200]);
    };
    test.each(PAIRS)(
      'a login at $other ms right after a logout from everywhere at $one ms is good on all',
      loginAfterLogout,
    );
  },
);
