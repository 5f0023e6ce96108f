import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer } from '../src/client.js';
import { asking, type Device, logIn, signUp, until } from '../src/device.js';
import { FaultyProxy } from '../src/faults/faulty-proxy.js';
import { RECOVERS_WITHIN } from '../src/faults/outage.js';
import { AppProcess, startAll, stopAll } from '../src/processes.js';
import type { SessionsOn } from '../src/protocol.js';
import { haveServers } from '../src/servers.js';
import { createWorld, type World } from '../src/world.js';

/** How long an answer of the store is trusted, in milliseconds. */
const BOUND = 3000;
const FROZEN_FOR = 4000;
const FROZEN_PROCESSES = 5;
const ROUNDS = 4;
/** All rounds, on a busy machine. */
const PATIENCE = 180_000;

const ready = await haveServers('PostgreSQL', 'Redis');
const stories = ready ? describe : describe.skip;

stories.each<SessionsOn>(['postgres', 'redis'])('a logged-out token, with sessions on %s', (sessions) => {
  let world: World;
  let processes: AppProcess[] = [];
  let home: AppProcess;
  let others: AppProcess[] = [];

  beforeAll(async () => {
    world = await createWorld(sessions);
    processes = await startAll(Array(1 + FROZEN_PROCESSES).fill(world.settings));
    [home, ...others] = processes as [AppProcess, ...AppProcess[]];
  }, PATIENCE);
  afterAll(async () => {
    for (const one of processes) one.thaw();
    await stopAll(processes);
    await world?.close();
  }, PATIENCE);

  const logOut = ({ access, from }: Device) => home.send({ method: 'POST', path: '/auth/logout', token: access, from });
  const verdicts = (answers: readonly Answer[]) => answers.map(({ status, body }) => body.code ?? status);

  /** Logs everybody out while every process except one is stopped. @returns the first answer of each */
  async function logOutWhileFrozen(round: number): Promise<Answer[]> {
    const devices = await Promise.all(others.map(() => signUp(home)));
    const ask = () => Promise.all(others.map((app, i) => app.send(asking(devices[i]!))));
    expect(verdicts(await ask())).toEqual(Array(others.length).fill(200));
    // Usually between two questions to the store, sometimes during one.
    await wait(round * 230);
    for (const app of others) app.freeze();
    await Promise.all(devices.map(logOut));
    await wait(FROZEN_FOR);
    // The request may arrive while the process is stopped, or immediately afterwards.
    const early = round % 2 === 0 ? ask() : undefined;
    if (early) await wait(50);
    for (const app of others) app.thaw();
    return early ?? ask();
  }

  test(
    'is refused in the first answer of a process that was stopped for four seconds meanwhile',
    async () => {
      const first: Answer[] = [];
      for (let round = 0; round < ROUNDS; round++) first.push(...(await logOutWhileFrozen(round)));
      expect(verdicts(first)).toEqual(Array(ROUNDS * FROZEN_PROCESSES).fill('token_revoked'));
      // A logged-in user is let in, also in the first answer.
      const device = await signUp(home);
      for (const app of others) app.freeze();
      await wait(FROZEN_FOR);
      for (const app of others) app.thaw();
      const answers = await Promise.all(others.map((app) => app.send(asking(device))));
      expect(verdicts(answers)).toEqual(Array(FROZEN_PROCESSES).fill(200));
    },
    PATIENCE,
  );

  test('is refused after three seconds by a process whose store hangs, however long its timeout is', async () => {
    const { settings } = world;
    const server = sessions === 'postgres' ? settings.postgres : settings.redis;
    const proxy = await FaultyProxy.before(server, sessions === 'postgres' ? 5432 : 6379);
    const app = await AppProcess.start({ ...settings, [sessions]: proxy.through(server), storeTimeout: 60 });
    try {
      const device = await signUp(home);
      const ask = () => app.send(asking(device));
      expect((await ask()).status).toBe(200);
      await proxy.become('hang');
      const hungAt = performance.now();
      await logOut(device);
      let lastLetIn = 0;
      const refused = await until(
        async () => {
          const sentAt = performance.now();
          const answer = await ask();
          if (answer.status === 200) lastLetIn = sentAt - hungAt;
          return answer;
        },
        ({ status, body }) => status === 503 && body.code === 'store_unavailable',
        4 * BOUND,
      );
      expect(lastLetIn).toBeLessThanOrEqual(BOUND);
      expect(refused).toBeLessThan(2 * BOUND);
      await proxy.become('pass');
      await until(ask, ({ status }) => status === 401, RECOVERS_WITHIN);
    } finally {
      await proxy.become('pass');
      await app.stop();
      await proxy.close();
    }
  });

  test('of a user who was deleted together with their sessions is refused everywhere within a second', async () => {
    const device = await signUp(home);
    const neighbour = await signUp(home);
    await world.forget(device.userId);
    await home.endUser(device.userId);
    for (const app of processes)
      await until(
        () => app.send(asking(device)),
        ({ body }) => body.code === 'token_revoked',
        1000,
      );
    const later = await AppProcess.start(world.settings);
    try {
      expect(verdicts([await later.send(asking(device)), await later.send(asking(neighbour))])).toEqual([
        'token_revoked',
        200,
      ]);
    } finally {
      await later.stop();
    }
    // The user still exists, and may log in again.
    const again = await logIn(home, device);
    expect(verdicts(await Promise.all(processes.map((app) => app.send(asking(again)))))).toEqual(
      Array(processes.length).fill(200),
    );
  });

  test(
    'is refused by a process that starts after its row was due for the housekeeping',
    async () => {
      const ttl = { access: '69s', refresh: '70s', session: '70s', grace: 0 };
      const settings = { ...world.settings, ttl, clockTolerance: 60 };
      const [past, now] = (await startAll([{ ...settings, skew: -69_500 }, settings])) as [AppProcess, AppProcess];
      let later: AppProcess | undefined;
      try {
        // Both sessions end in half a second; clocks may differ, so their tokens stay valid a little longer.
        const device = await signUp(past);
        const other = await signUp(past);
        await past.send({ method: 'POST', path: '/auth/logout', token: device.access, from: device.from });
        await wait(1000);
        await now.tidy();
        // Its clock is slow, so that a busy machine has time to start it.
        later = await AppProcess.start({ ...settings, skew: -30_000 });
        expect(verdicts([await later.send(asking(device)), await later.send(asking(other))])).toEqual([
          'token_revoked',
          200,
        ]);
      } finally {
        await stopAll([past, now, ...(later ? [later] : [])]);
      }
    },
    PATIENCE,
  );
});
