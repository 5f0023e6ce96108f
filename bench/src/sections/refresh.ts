import { Child, stopAll } from '../harness/child.js';
import { figure, spread, table } from '../harness/markdown.js';
import { atLeast, type Findings, type Goal, type Run, reason } from '../harness/section.js';
import { isReachable } from '../harness/servers.js';
import { median, quantile, shuffled } from '../harness/statistics.js';
import { WAYS } from '../rotations.js';
import { createTable, type Database, type SessionTable, URLS } from '../session-tables.js';

interface Contestant {
  readonly way: string;
  readonly rows: number;
  readonly child: Child;
  readonly rates: number[];
  readonly costs: number[];
}

const CONTROL = ' again (the control)';

export async function refresh(run: Run): Promise<Findings> {
  const skipped: string[] = [];
  const found: { readonly database: Database; readonly contestants: readonly Contestant[] }[] = [];
  for (const database of Object.keys(WAYS) as Database[]) {
    if (!(await isReachable(URLS[database]))) {
      skipped.push(`rotations on ${database}: there is no server`);
      continue;
    }
    try {
      found.push({ database, contestants: await on(database, run) });
    } catch (error) {
      skipped.push(`rotations on ${database}: ${reason(error)}`);
    }
  }
  const text = [
    '## Rotations',
    '`SessionStore.advance`, won each time, rows at random, 4 in flight on 4 connections: rotations/s as a share of the bare statement on the same driver and table size, slice against slice (middle half) / rotations/s, best quartile / µs of processor time in the client. PostgreSQL runs without `fsync` of its log, because the clients are compared and not the disk. MariaDB has no `UPDATE … RETURNING`, so a rotation takes two round trips there. A named statement is planned once for each connection: compare named statements with the named bare one.',
    ...found.map(({ database, contestants }) => tableOf(database, contestants)),
  ];
  return { text: text.join('\n\n'), goals: found.flatMap((one) => goalsOf(one.database, one.contestants)), skipped };
}

async function on(database: Database, { quick, log }: Run): Promise<readonly Contestant[]> {
  const sizes = quick ? [1000, 10_000] : [1, 10_000, 1_000_000];
  const tables: SessionTable[] = [];
  const contestants: Contestant[] = [];
  try {
    for (const rows of sizes) {
      log(`rotations: ${database}, ${rows.toLocaleString('en-US')} rows`);
      const [bare, ...others] = WAYS[database];
      const ways = [bare, `${bare}${CONTROL}`, ...others];
      // If one row is requested, each process gets its own, so that they do not race.
      const created = await createTable[database](Math.max(rows, ways.length));
      tables.push(created);
      for (const [remainder, way] of ways.entries()) {
        const settings = { way: way.replace(CONTROL, ''), url: created.url, rows, remainder, processes: ways.length };
        contestants.push({ way, rows, child: await Child.start('rotation', settings), rates: [], costs: [] });
      }
    }
    await takeTurns(contestants, quick ? { warmUp: 100, rounds: 3 } : { warmUp: 1000, rounds: 18 });
  } finally {
    await stopAll(contestants.map(({ child }) => child));
    for (const created of tables) await created.drop();
  }
  return contestants;
}

async function takeTurns(contestants: readonly Contestant[], { warmUp, rounds }: { warmUp: number; rounds: number }) {
  for (const { child } of contestants) await child.call('slice', warmUp);
  for (let round = 0; round < rounds; round++) {
    // Variants of the same table size run close together, because they are compared with each other.
    for (const size of shuffled(sizesOf(contestants))) {
      for (const { child, rates, costs } of shuffled(contestants.filter(({ rows }) => rows === size))) {
        const { rate, cpu } = await child.call<{ rate: number; cpu: number }>('slice', 100);
        rates.push(rate);
        costs.push(cpu);
      }
    }
  }
}

function shareOf(one: Contestant, base: Contestant): number[] {
  return one.rates.map((rate, round) => rate / (base.rates[round] as number));
}

function find(contestants: readonly Contestant[], way: string, rows: number): Contestant {
  return contestants.find((one) => one.way === way && one.rows === rows) as Contestant;
}

const sizesOf = (contestants: readonly Contestant[]) => [...new Set(contestants.map(({ rows }) => rows))];

function tableOf(database: Database, contestants: readonly Contestant[]): string {
  const sizes = sizesOf(contestants);
  const ways = [...new Set(contestants.map(({ way }) => way))];
  const rows = ways.map((way) => [
    way,
    ...sizes.map((size) => {
      const one = find(contestants, way, size);
      const base = find(contestants, WAYS[database][0], size);
      return `${spread(shareOf(one, base))} / ${figure(quantile(one.rates, 0.75))} / ${figure(median(one.costs))}`;
    }),
  ]);
  const head = sizes.map((size) => (size === 1 ? '1 row each' : `${size.toLocaleString('en-US')} rows`));
  return table([database, ...head], rows);
}

function goalsOf(database: Database, contestants: readonly Contestant[]): Goal[] {
  const [middle = 0, largest = 0] = sizesOf(contestants).slice(-2);
  const [bare, ...others] = WAYS[database];
  const adapters = others.filter((way) => !way.startsWith('bare'));
  // All slices together: the slowest of six adapters is often slow only by chance.
  const kept = (ways: readonly string[]) =>
    median(ways.flatMap((way) => shareOf(find(contestants, way, largest), find(contestants, way, middle))));
  // A table that is larger than MariaDB's buffer pool is slower for every variant, so the bare statement is the
  // measure.
  const [base, beside] = database === 'MariaDB' ? [kept([bare]), ', of what the bare statement keeps'] : [1, ''];
  const sized = atLeast(
    `${database}: the most sessions against ${middle.toLocaleString('en-US')}${beside}`,
    0.9,
    kept(adapters) / base,
  );
  if (database !== 'PostgreSQL') return [sized];
  const share = (way: string) => median(shareOf(find(contestants, way, middle), find(contestants, bare, middle)));
  const best = (ways: readonly string[]) => Math.max(...ways.map(share));
  const names = [...new Set(adapters.map((way) => way.split(',')[0] as string))];
  const slowest = Math.min(...names.map((name) => best(adapters.filter((way) => way.startsWith(name)))));
  return [
    atLeast('`advance` on PostgreSQL of the bare statement, best adapter', 0.9, best(adapters)),
    atLeast('the same, neither with a name', 0.9, best(adapters.filter((way) => !way.includes('name')))),
    atLeast('the same, each adapter in its fastest way', 0.5, slowest),
    sized,
  ];
}
