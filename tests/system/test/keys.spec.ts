import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { asking, type Device, refreshing, signUp } from '../src/device.js';
import { type AppProcess, startAll, stopAll } from '../src/processes.js';
import type { SessionsOn } from '../src/protocol.js';
import { haveServers } from '../src/servers.js';
import { createWorld, newKey, type World } from '../src/world.js';

/** In seconds. `iat` is a whole second, so a token may live one second less. */
const TTL = 3;
/** When a device refreshes, in milliseconds after it got its token. */
const SPENT = 1000;
const DEVICES = 8;

const ready = await haveServers('PostgreSQL', 'Redis');
const stories = ready ? describe : describe.skip;

/** Devices that never stop: each asks, refreshes long before its token ends, and changes the process each time. */
class Load {
  readonly refused: string[] = [];
  asked = 0;
  refreshed = 0;
  #isRunning = true;
  readonly #done: Promise<unknown>;

  constructor(processes: readonly AppProcess[], devices: readonly Device[]) {
    this.#done = Promise.all(devices.map((device, i) => this.#run(processes, device, i)));
  }

  async stop(): Promise<void> {
    this.#isRunning = false;
    await this.#done;
  }

  async #run(processes: readonly AppProcess[], device: Device, start: number): Promise<void> {
    let next = start;
    const process = () => processes[next++ % processes.length]!;
    let freshUntil = performance.now() + SPENT;
    while (this.#isRunning) {
      const { status, text } = await process().send(asking(device));
      this.asked++;
      if (status !== 200) this.refused.push(text);
      if (performance.now() < freshUntil) continue;
      const answer = await process().send(refreshing(device));
      this.refreshed++;
      if (answer.status !== 200) this.refused.push(answer.text);
      device.access = answer.body.access_token;
      device.refresh = answer.body.refresh_token;
      freshUntil = performance.now() + SPENT;
    }
  }
}

const kidOf = ({ access }: Device) => JSON.parse(Buffer.from(access.split('.')[0]!, 'base64url').toString()).kid;

stories.each<SessionsOn>(['postgres', 'redis'])('signing keys of four processes with sessions on %s', (sessions) => {
  let world: World;
  let processes: AppProcess[] = [];

  beforeAll(async () => {
    world = await createWorld(sessions);
    const settings = { ...world.settings, ttl: { access: TTL }, clockTolerance: 0 };
    processes = await startAll(Array(4).fill(settings));
  });
  afterAll(async () => {
    await stopAll(processes);
    await world?.close();
  });

  test('are rotated under load, process by process, without one false 401', async () => {
    const [old, fresh] = [world.settings.keys[0]!, newKey()];
    const devices = await Promise.all(Array.from({ length: DEVICES }, (_, i) => signUp(processes[i % 4]!)));
    const before = devices.map(kidOf);
    const load = new Load(processes, devices);
    // One after the other, with requests in between, as a deployment would.
    const everywhere = async (keys: readonly (typeof old)[]) => {
      for (const app of processes) {
        const asked = load.asked;
        await app.useKeys(keys);
        while (load.asked < asked + 20) await new Promise((resolve) => setImmediate(resolve));
      }
    };
    await everywhere([old, fresh]);
    await everywhere([fresh, old]);
    // Wait until the last token of the old key has expired: the only wait that the documentation requires.
    await new Promise((resolve) => setTimeout(resolve, TTL * 1000));
    await everywhere([fresh]);
    const refreshed = load.refreshed;
    while (load.refreshed < refreshed + DEVICES) await new Promise((resolve) => setImmediate(resolve));
    await load.stop();

    expect(load.refused).toEqual([]);
    expect(load.refreshed).toBeGreaterThan(2 * DEVICES);
    const after = devices.map(kidOf);
    expect(new Set([...before, ...after]).size).toBe(2);
    expect(new Set(after).size).toBe(1);
  });

  test('end with the last process that drops them: a token of a dropped key is refused, by its key', async () => {
    const device = await signUp(processes[0]!);
    await processes[1]!.useKeys([newKey()]);
    const { status, body } = await processes[1]!.send(asking(device));
    expect([status, body.code]).toEqual([401, 'invalid_token']);
    expect((await processes[2]!.send(asking(device))).status).toBe(200);
  });
});
