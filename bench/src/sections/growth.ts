import { Child } from '../harness/child.js';
import { figure, table } from '../harness/markdown.js';
import { atMost, type Findings, type Goal, type Run } from '../harness/section.js';
import { median, quantile } from '../harness/statistics.js';
import { installedSize } from '../installed-size.js';

const MIB = 1024 * 1024;
const FLAGS = ['--expose-gc'];

interface Part {
  readonly text: string;
  readonly goals?: readonly Goal[];
}

export async function growth(run: Run): Promise<Findings> {
  const parts: Part[] = [];
  for (const measure of [revocations, tokens, boot, packages]) {
    run.log(`growth: ${measure.name}`);
    parts.push(await measure(run));
  }
  const text = ['## Growth', ...parts.map((part) => part.text)].join('\n\n');
  return { text, goals: parts.flatMap(({ goals = [] }) => goals), skipped: [] };
}

/** Revocations are kept in memory, for as long as an access token could live. */
async function revocations({ quick }: Run): Promise<Part> {
  const rows: string[][] = [];
  for (const revoked of [0, 10_000, quick ? 100_000 : 1_000_000]) {
    const guard = await Child.start('guard', { revoked }, { flags: FLAGS });
    try {
      await guard.call('warmUp', 20_000);
      const times: number[] = [];
      for (let round = 0; round < (quick ? 5 : 30); round++) times.push(await guard.call('time', 10_000));
      const heap = (await guard.call<number>('heap')) / MIB;
      rows.push([revoked.toLocaleString('en-US'), figure(quantile(times, 0.25)), figure(median(times)), figure(heap)]);
    } finally {
      await guard.stop();
    }
  }
  const head = ['revoked sessions', 'ns a call, best quartile', 'median', 'MiB of heap'];
  return { text: `The guard alone, warm, in process (1,000 tokens):\n\n${table(head, rows)}` };
}

/** Verified tokens are remembered within bounds. */
async function tokens({ quick }: Run): Promise<Part> {
  const guard = await Child.start('guard', {}, { flags: FLAGS });
  const step = quick ? 20_000 : 100_000;
  const before = await guard.call<number>('heap');
  const rows: string[][] = [];
  let grown = 0;
  for (let met = step; met <= 3 * step; met += step) {
    await guard.call('meet', step);
    grown = ((await guard.call<number>('heap')) - before) / MIB;
    rows.push([met.toLocaleString('en-US'), figure(grown)]);
  }
  await guard.stop();
  const text = `Distinct live tokens that one process has let in:\n\n${table(['tokens', 'MiB of heap'], rows)}`;
  return { text, goals: [atMost('MiB of heap for any number of distinct live tokens', 32, grown)] };
}

async function boot({ quick }: Run): Promise<Part> {
  const rows: string[][] = [];
  for (const controllers of [1, 100, 1000]) {
    const [bare, ours]: [number[], number[]] = [[], []];
    for (let round = 0; round < (quick ? 1 : 4); round++) {
      for (const [auth, samples] of [
        [false, bare],
        [true, ours],
      ] as const) {
        const child = await Child.start('boot', { controllers, auth });
        samples.push(await child.call('took'));
        await child.stop();
      }
    }
    rows.push([`${controllers}`, figure(median(bare)), figure(median(ours)), figure(median(ours) - median(bare))]);
  }
  const head = ['controllers', 'ms without', 'ms with', 'difference'];
  return {
    text: `Boot of a Nest app on Express until it listens, its modules loaded. Meanwhile the dummy hash for unknown logins (bcrypt at cost 12) is started, and only the first login waits for it:\n\n${table(head, rows)}`,
  };
}

const PACKAGES: readonly (readonly string[])[] = [
  ['@acme/nest-auth'],
  ['@nestjs/passport', 'passport', 'passport-jwt', 'passport-local', '@nestjs/jwt', 'bcrypt'],
  ['jose'],
  ['fast-jwt'],
  ['better-auth'],
];

async function packages({ quick }: Run): Promise<Part> {
  const rows: string[][] = [];
  for (const names of PACKAGES) {
    const size = await installedSize(names);
    if (!size) continue;
    const times: number[] = [];
    for (let round = 0; round < (quick ? 1 : 7); round++) {
      const child = await Child.start('import', { files: size.entries });
      times.push(await child.call('took'));
      await child.stop();
    }
    rows.push([names.join(', '), figure(median(times)), figure(size.bytes / MIB), `${size.packages}`]);
  }
  const head = ['', 'ms to import', 'MiB installed', 'packages'];
  return {
    text: `Import, with Nest loaded before, and what it adds to \`node_modules\`: its files and those of its dependencies, without peers:\n\n${table(head, rows)}`,
  };
}
