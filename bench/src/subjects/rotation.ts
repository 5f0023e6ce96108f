// One way to advance sessions in one table, or the bare statement behind it.
import 'reflect-metadata';
import { offer, settingsOf } from '../harness/subject.js';
import { type Advance, openAdvancing, type RotationSetup } from '../rotations.js';

interface Settings {
  readonly way: string;
  readonly url: string;
  /** The number of rows of the table. */
  readonly rows: number;
  /** Only this process touches the rows whose number leaves this remainder. */
  readonly remainder: number;
  readonly processes: number;
}

/** In flight at a time, and the size of the connection pool. */
const CONCURRENCY = 4;

const { way, url, rows, remainder, processes } = settingsOf<Settings>();
const own = Math.max(Math.floor(rows / processes), 1);
const lanes = Math.min(CONCURRENCY, own);
const generations = new Int32Array(own);

/** A row of one lane: two that are in flight never meet. */
function pick(lane: number): number {
  const perLane = Math.floor(own / lanes);
  return Math.floor(Math.random() * perLane) * lanes + lane;
}

async function turn(advance: Advance, lane: number): Promise<void> {
  const row = pick(lane);
  const generation = generations[row] as number;
  const now = new Date();
  await advance(row * processes + remainder, generation, now, new Date(now.getTime() + 3_600_000));
  generations[row] = generation + 1;
}

offer(async () => {
  const { advance, close }: RotationSetup = await openAdvancing(way, url, CONCURRENCY);
  return {
    slice: async (ms: number) => {
      const started = performance.now();
      const before = process.cpuUsage();
      let count = 0;
      const work = async (_: unknown, lane: number) => {
        for (; performance.now() - started < ms; count++) await turn(advance, lane);
      };
      await Promise.all(Array.from({ length: lanes }, work));
      const { user, system } = process.cpuUsage(before);
      return { rate: (count / (performance.now() - started)) * 1000, cpu: (user + system) / count };
    },
    stop: close,
  };
});
