import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { refreshing } from '../src/device.js';
import { FAULTS, type Mode } from '../src/faults/faulty-proxy.js';
import { judge, judgeRetry, type Lane, openLane, prepare, retry } from '../src/faults/outage.js';
import type { SessionsOn } from '../src/protocol.js';
import { ROUTES, type Route } from '../src/routes.js';
import { haveServers } from '../src/servers.js';
import { createWorld, type World } from '../src/world.js';

const LANES = 4;
/** A number higher than the steps of any route. */
const TOO_MANY = 20;

const ready = await haveServers('PostgreSQL', 'Redis');
const stories = ready ? describe : describe.skip;

/** A request of a route to the server, as opposed to one of the polls beside it or of a new connection. */
const COUNTS: Record<SessionsOn, (request: string) => boolean> = {
  postgres: (request) => /"auth_(users|sessions)"/.test(request) && !/"revoked_at" >=/.test(request),
  // A script whose only key is the revocations is a poll; a logout also has the session's key. On a busy machine both
  // may be sent at once.
  redis: (requests) =>
    requests
      .split(/(?=\*\d+\r\n\$)/)
      .some((one) => /\{system-/.test(one) && !/subscribe|\n1\r\n\$\d+\r\n\S+:revoked\r\n/i.test(one)),
};

/** The server that has the sessions fails at the first, the second, the third … request that a route makes to it. */
stories.each<SessionsOn>(['postgres', 'redis'])(
  'an outage in the middle of a request, with sessions on %s',
  (server) => {
    let world: World;
    let lanes: Lane[] = [];

    beforeAll(async () => {
      world = await createWorld(server);
      lanes = await Promise.all(Array.from({ length: LANES }, () => openLane(world.settings)));
    });
    afterAll(async () => {
      await Promise.all(lanes.map((lane) => lane.close()));
      await world?.close();
    });

    /** @returns whether the outage struck, or the request was over before */
    async function failAt(lane: Lane, step: number, fault: Mode, name: string, route: Route): Promise<boolean> {
      const proxy = lane.proxies[server];
      await lane.recovered();
      const attempt = await prepare(lane.app, name, route);
      proxy.failAfter(step, fault, COUNTS[server]);
      const answer = await attempt.send();
      const struck = proxy.mode !== 'pass';
      await proxy.become('pass');
      const where = `${name}, request ${step + 1}`;
      expect([where, struck ? judge(answer) : answer.status]).toEqual([where, struck ? 'unavailable' : route.succeeds]);
      if (!struck) return false;
      const again = await retry(attempt.send);
      expect([where, judgeRetry(attempt, again)]).toEqual([where, 'works']);
      if (name !== 'refresh') return true;
      // However often it is sent, there is one successor, one generation later.
      const twice = await retry(attempt.send);
      expect([where, twice.body.refresh_token]).toEqual([where, again.body.refresh_token]);
      const { userId, sessionId } = attempt.device;
      expect(await world.live(userId)).toContainEqual({ id: sessionId, generation: 1 });
      const next = { ...attempt.device, refresh: twice.body.refresh_token };
      expect((await lane.app.send(refreshing(next))).status).toBe(200);
      return true;
    }

    test.each(FAULTS)('%s: 503 wherever it strikes, and a retry that works, on every route', async (fault) => {
      const waiting = Object.entries<Route>(ROUTES);
      const steps: Record<string, number> = {};
      const done = await Promise.allSettled(
        lanes.map(async (lane) => {
          for (let next = waiting.shift(); next; next = waiting.shift()) {
            const [name, route] = next;
            let step = 0;
            while (step < TOO_MANY && (await failAt(lane, step, fault, name, route))) step++;
            steps[name] = step;
          }
        }),
      );
      for (const lane of done) if (lane.status === 'rejected') throw lane.reason;
      for (const { app } of lanes) expect((await app.report()).unhandled).toEqual([]);
      // The outage struck each route, at each of its steps.
      const touched = Object.entries<Route>(ROUTES).filter(
        ([, { needs }]) => needs.includes('sessions') || (server === 'postgres' && needs.includes('users')),
      );
      expect(
        Object.entries(steps)
          .filter(([, count]) => count > 0)
          .map(([name]) => name)
          .sort(),
      ).toEqual(touched.map(([name]) => name).sort());
      expect(Math.max(...Object.values(steps))).toBeLessThan(TOO_MANY);
    });
  },
);
