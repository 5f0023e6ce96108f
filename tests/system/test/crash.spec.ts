import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { asking, logIn, refreshing, renew, signUp } from '../src/device.js';
import { AppProcess, startAll, stopAll } from '../src/processes.js';
import type { Failpoint, SessionsOn } from '../src/protocol.js';
import { haveServers } from '../src/servers.js';
import { createWorld, type World } from '../src/world.js';

const STEPS: [string, Failpoint][] = [
  ['before the rotation is written', { call: 'SessionStore.advance', at: 'before' }],
  ['after the rotation is written', { call: 'SessionStore.advance', at: 'after' }],
  ['before the answer is sent', { call: 'UserStore.findById', at: 'after' }],
];

const ready = await haveServers('PostgreSQL', 'Redis');
const stories = ready ? describe : describe.skip;

stories.each<SessionsOn>(['postgres', 'redis'])('a process that is killed, with sessions on %s', (sessions) => {
  let world: World;
  let survivors: AppProcess[] = [];

  beforeAll(async () => {
    world = await createWorld(sessions);
    survivors = await startAll(Array(2).fill(world.settings));
  });
  afterAll(async () => {
    await stopAll(survivors);
    await world?.close();
  });

  test.each(STEPS)('%s costs its client a retry: one successor, one session, nobody logged out', async (_, step) => {
    const doomed = await AppProcess.start(world.settings);
    const device = await signUp(doomed);
    const other = await logIn(doomed, device);
    await doomed.arm(step);
    await expect(doomed.send(refreshing(device))).rejects.toThrow();
    expect(await doomed.exited).toBe('SIGKILL');
    await doomed.stop();

    const writes = step.call === 'SessionStore.advance' && step.at === 'before' ? 0 : 1;
    expect(await world.live(device.userId)).toContainEqual({ id: device.sessionId, generation: writes });
    // An impatient client retries more than once, and a load balancer may choose any process.
    const retries = await Promise.all(Array.from({ length: 10 }, (_, i) => survivors[i % 2]!.send(refreshing(device))));
    expect(retries.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(new Set(retries.map(({ body }) => body.refresh_token)).size).toBe(1);
    const live = await world.live(device.userId);
    expect(live).toHaveLength(2);
    expect(live).toContainEqual({ id: device.sessionId, generation: 1 });

    const { access_token: access, refresh_token: refresh } = retries[0]!.body;
    expect((await survivors[1]!.send(asking({ ...device, access }))).status).toBe(200);
    await renew(survivors[0]!, { ...device, refresh });
    await renew(survivors[1]!, other);
  });
});
