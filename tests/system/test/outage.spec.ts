import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { asking, refreshing, signUp, until } from '../src/device.js';
import { FAULTS, type Mode } from '../src/faults/faulty-proxy.js';
import {
  type Attempt,
  judge,
  judgeRetry,
  type Lane,
  openLane,
  prepare,
  RECOVERS_WITHIN,
  retry,
  type ServerName,
} from '../src/faults/outage.js';
import type { SessionsOn } from '../src/protocol.js';
import { type Need, ROUTES, type Route, STRICT_ROUTES } from '../src/routes.js';
import { haveServers } from '../src/servers.js';
import { createWorld, type World } from '../src/world.js';

const NAMES = { postgres: 'PostgreSQL', redis: 'Redis' };

const ready = await haveServers('PostgreSQL', 'Redis');
const stories = ready ? describe : describe.skip;

stories.each<SessionsOn>(['postgres', 'redis'])('an outage, with sessions on %s', (sessions) => {
  let world: World;
  let lane: Lane;
  let strict: Lane;

  beforeAll(async () => {
    world = await createWorld(sessions);
    [lane, strict] = await Promise.all([
      openLane(world.settings),
      openLane({ ...world.settings, revocation: 'strict' }),
    ]);
  });
  afterEach(async () => {
    await Promise.all([lane.recovered(), strict.recovered()]);
  });
  afterAll(async () => {
    await Promise.all([lane?.close(), strict?.close()]);
    await world?.close();
  });

  const homeOf = (need: Need): ServerName => ({ users: 'postgres', counters: 'redis', sessions })[need] as ServerName;
  const allPrepared = (of: Lane, routes: Record<string, Route>) =>
    Promise.all(Object.entries(routes).map(([name, route]) => prepare(of.app, name, route)));
  const become = (server: ServerName, mode: Mode) =>
    Promise.all([lane, strict].map(({ proxies }) => proxies[server].become(mode)));

  const cases = (['postgres', 'redis'] as const).flatMap((server) => FAULTS.map((fault) => ({ server, fault })));
  test.each(cases)(
    '$fault before $server: 503 on every route that needs it, no 401, no allow, and back again',
    async ({ server, fault }) => {
      const attempts = [...(await allPrepared(lane, ROUTES)), ...(await allPrepared(strict, STRICT_ROUTES))];
      const isNeeded = ({ route }: Attempt) => route.needs.some((need) => homeOf(need) === server);

      await become(server, fault);
      const answers = await Promise.all(attempts.map((attempt) => attempt.send()));
      await become(server, 'pass');
      for (const [i, attempt] of attempts.entries()) {
        const verdict = judge(answers[i]!);
        // If revocations cannot be read any more, no access token is accepted: 503 is right there, too.
        const isOutOfTouch = verdict === 'unavailable' && server === sessions;
        const expected = isNeeded(attempt) || isOutOfTouch ? 'unavailable' : 'works';
        expect([attempt.name, expected === 'works' ? judgeRetry(attempt, answers[i]!) : verdict]).toEqual([
          attempt.name,
          expected,
        ]);
      }

      const ends = ['logout', 'logout-all'];
      for (const attempt of attempts.filter(isNeeded)) {
        expect([attempt.name, judgeRetry(attempt, await retry(attempt.send))]).toEqual([attempt.name, 'works']);
        if (ends.includes(attempt.name)) continue;
        const refreshed = await retry(() => lane.app.send(refreshing(attempt.device)));
        expect([attempt.name, refreshed.status]).toEqual([attempt.name, 200]);
      }
      expect((await lane.app.report()).unhandled).toEqual([]);
      expect((await strict.app.report()).unhandled).toEqual([]);
    },
  );

  test.each<Mode>(['refuse', 'hang'])(
    `%s before ${NAMES[sessions]} for some seconds: access tokens are 503, on optional routes too, and good again`,
    async (fault) => {
      const { app } = lane;
      const device = await signUp(app);
      const notes = () => app.send(asking(device));
      await become(sessions, fault);
      await until(notes, ({ status }) => status === 503, 10_000);
      expect(judge(await notes())).toBe('unavailable');
      expect(judge(await app.send(asking(device, '/greeting')))).toBe('unavailable');
      // Without credentials there is nothing to check.
      expect((await app.send({ method: 'GET', path: '/greeting' })).body).toEqual({ caller: null });
      expect((await app.send({ method: 'GET', path: '/notes' })).body.code).toBe('missing_token');
      await become(sessions, 'pass');
      await until(notes, ({ status }) => status === 200, RECOVERS_WITHIN);
    },
  );
});
