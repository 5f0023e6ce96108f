import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer, Call } from '../src/client.js';
import { asking, loggingIn, logIn, PASSWORD, refreshing, renew, signUp, until } from '../src/device.js';
import { patience } from '../src/patience.js';
import { type AppProcess, startAll, stopAll } from '../src/processes.js';
import type { SessionsOn } from '../src/protocol.js';
import { haveServers } from '../src/servers.js';
import { createWorld, type World } from '../src/world.js';

const ACCOUNT_POINTS = 12;
const ADDRESS_POINTS = 40;

const ready = await haveServers('PostgreSQL', 'Redis');
const stories = ready ? describe : describe.skip;

stories.each<SessionsOn>(['postgres', 'redis'])('four processes with sessions on %s', (sessions) => {
  let world: World;
  let processes: AppProcess[] = [];
  let [a, b, c, d]: AppProcess[] = [];

  beforeAll(async () => {
    world = await createWorld(sessions);
    const throttle = {
      account: { points: ACCOUNT_POINTS, duration: 900 },
      address: { points: ADDRESS_POINTS, duration: 900 },
    };
    processes = await startAll(Array(4).fill({ ...world.settings, throttle }));
    [a, b, c, d] = processes;
  });
  afterAll(async () => {
    await stopAll(processes);
    await world?.close();
  });

  const everywhere = (call: Call, times = 1): Promise<Answer[]> =>
    Promise.all(processes.flatMap((app) => Array.from({ length: times }, () => app.send(call))));
  const statuses = (answers: readonly Answer[]) => [...new Set(answers.map(({ status }) => status))];

  test('50 refreshes of one token on each of them at once all succeed, with one successor', async () => {
    const device = await signUp(a!);
    const other = await logIn(b!, device);
    const answers = await everywhere(refreshing(device), 50);
    expect(statuses(answers)).toEqual([200]);
    const successors = [...new Set(answers.map(({ body }) => body.refresh_token))];
    expect(successors).toHaveLength(1);
    expect(await world.live(device.userId)).toEqual(
      expect.arrayContaining([
        { id: device.sessionId, generation: 1 },
        { id: other.sessionId, generation: 0 },
      ]),
    );
    // Each of the 200 access tokens is valid on a process that did not issue it.
    const checks = answers.map(({ body }, i) =>
      processes[(i + 1) % 4]!.send(asking({ ...device, access: body.access_token })),
    );
    expect(statuses(await Promise.all(checks))).toEqual([200]);
    await renew(c!, { ...device, refresh: successors[0] });
  });

  test('a token replayed on another process ends its own session everywhere, and no other', async () => {
    const device = await signUp(a!);
    const other = await logIn(a!, device);
    const stolen = { ...device };
    await renew(a!, device);
    await renew(b!, device);
    const replay = await c!.send(refreshing(stolen));
    expect([replay.status, replay.body.code]).toEqual([401, 'refresh_token_reused']);
    expect(statuses(await everywhere(refreshing(device)))).toEqual([401]);
    for (const app of processes)
      await until(
        () => app.send(asking(device)),
        ({ status }) => status === 401,
        patience(1000),
      );
    expect(await world.live(device.userId)).toEqual([{ id: other.sessionId, generation: 0 }]);
    expect(statuses(await everywhere(asking(other)))).toEqual([200]);
    await renew(d!, other);
  });

  test.each<[string, (device: { access: string; from: string }, victim: string) => Call]>([
    ['a logout', ({ access, from }) => ({ method: 'POST', path: '/auth/logout', token: access, from })],
    [
      'a logout from everywhere',
      ({ access, from }) => ({ method: 'POST', path: '/auth/logout-all', token: access, from }),
    ],
  ])('%s on one process ends the access token on the others within a second', async (_, call) => {
    const device = await signUp(a!);
    expect(statuses(await everywhere(asking(device)))).toEqual([200]);
    expect((await a!.send(call(device, device.sessionId))).status).toBe(204);
    const limit = patience(1000);
    const took = await Promise.all(
      [b!, c!, d!].map((app) =>
        until(
          () => app.send(asking(device)),
          ({ status }) => status === 401,
          limit,
        ),
      ),
    );
    expect(Math.max(...took)).toBeLessThan(limit);
    expect(statuses(await everywhere(refreshing(device)))).toEqual([401]);
    await logIn(b!, device);
  });

  test.each<[string, (mine: { access: string; from: string }, victim: string) => Call]>([
    [
      'a password change',
      ({ access, from }) => ({
        method: 'POST',
        path: '/auth/password',
        token: access,
        from,
        body: { current_password: PASSWORD, new_password: 'an even finer passphrase' },
      }),
    ],
    [
      'the end of a session',
      ({ access, from }, victim) => ({
        method: 'DELETE',
        path: `/auth/sessions/${victim}`,
        token: access,
        from,
      }),
    ],
  ])('%s on one process ends the other device on the others within a second, and not its own', async (_, call) => {
    const mine = await signUp(a!);
    const other = await logIn(b!, mine);
    expect(statuses(await everywhere(asking(other)))).toEqual([200]);
    expect((await a!.send(call(mine, other.sessionId))).status).toBe(204);
    const limit = patience(1000);
    const gone = processes.map((app) =>
      until(
        () => app.send(asking(other)),
        ({ status }) => status === 401,
        limit,
      ),
    );
    expect(Math.max(...(await Promise.all(gone)))).toBeLessThan(limit);
    expect(statuses(await everywhere(refreshing(other)))).toEqual([401]);
    expect(statuses(await everywhere(asking(mine)))).toEqual([200]);
    await renew(c!, mine);
  });

  test('a logout from everywhere in the middle of 200 refreshes leaves nothing alive', async () => {
    const device = await signUp(a!);
    const call: Call = { method: 'POST', path: '/auth/logout-all', token: device.access, from: device.from };
    const refreshes = everywhere(refreshing(device), 50);
    const [answers, logout] = await Promise.all([refreshes, b!.send(call)]);
    expect(logout.status).toBe(204);
    expect(await world.live(device.userId)).toEqual([]);
    const won = answers.filter(({ status }) => status === 200);
    for (const { body } of [...won.slice(0, 3), ...won.slice(-3)]) {
      expect(statuses(await everywhere(refreshing({ ...device, refresh: body.refresh_token })))).toEqual([401]);
      const late = () => c!.send(asking({ ...device, access: body.access_token }));
      await until(late, ({ status }) => status === 401, 1000);
    }
    expect(statuses(answers).every((status) => status === 200 || status === 401)).toBe(true);
  });

  const hashes = async () => {
    const reports = await Promise.all(processes.map((app) => app.report()));
    return reports.reduce((sum, report) => sum + report.hashes, 0);
  };

  test('100 guesses at one account, spread over processes and addresses, are counted together', async () => {
    const { email } = await signUp(a!);
    const before = await hashes();
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        processes[i % 4]!.send(loggingIn({ email, from: `172.16.${sessions.length}.${i}` }, 'a wrong passphrase')),
      ),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(ACCOUNT_POINTS);
    expect(refused).toHaveLength(100 - ACCOUNT_POINTS);
    expect(refused.every(({ headers }) => Number(headers['retry-after']) > 0)).toBe(true);
    expect((await hashes()) - before).toBe(ACCOUNT_POINTS);
  });

  test('100 guesses from one address, spread over processes and accounts, are counted together', async () => {
    const from = `172.17.${sessions.length}.1`;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        processes[i % 4]!.send(loggingIn({ email: `nobody-${i}@example.org`, from }, 'a wrong passphrase')),
      ),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(ADDRESS_POINTS);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(100 - ADDRESS_POINTS);
  });
});
