import { Child, stopAll } from '../harness/child.js';
import { figure, table } from '../harness/markdown.js';
import { type Findings, type Run, type Runtime, reason } from '../harness/section.js';
import { median, quantile, shuffled } from '../harness/statistics.js';
import { ALGORITHMS, type Algorithm, LIBRARIES } from '../signature-libraries.js';

/** Nanoseconds of each slice, by library and operation. */
type Times = Map<string, Map<string, number[]>>;

const LIMIT = 'node:crypto';
const OURS = '@acme/nest-auth';

export async function inProcess({ quick, nodes, log }: Run): Promise<Findings> {
  const skipped: string[] = [];
  const parts: string[] = [];
  // On one Node: the section HTTP shows the differences of another.
  for (const runtime of nodes.slice(0, 1)) {
    for (const algorithm of quick ? ALGORITHMS.slice(0, 1) : ALGORITHMS) {
      log(`in process: ${algorithm} on ${runtime.name}`);
      parts.push(tableOf(algorithm, runtime, await measure(algorithm, runtime, quick ? 4 : 16, skipped)));
    }
  }
  const text = [
    '## Signing and verifying, in process',
    'Median time as a multiple of bare node:crypto (the limit: the signature, and the claims read) / µs, best quartile. Each library has a process of its own, each operation a string that was never hashed; slices of 25 ms take turns. Warm: one of 300 tokens that were seen before. In place, under HTTP, everything costs more: see below.',
    ...parts,
  ];
  return { text: text.join('\n\n'), goals: [], skipped };
}

async function measure(
  algorithm: Algorithm,
  { path, name }: Runtime,
  rounds: number,
  skipped: string[],
): Promise<Times> {
  const children = new Map<string, Child>();
  try {
    for (const library of [LIMIT, 'node:crypto again (the control)', ...LIBRARIES.filter((one) => one !== LIMIT)]) {
      const of = library.startsWith(LIMIT) ? LIMIT : library;
      try {
        children.set(library, await Child.start('signatures', { library: of, algorithm }, { node: path }));
      } catch (error) {
        skipped.push(`${library} (${algorithm}, ${name}): ${reason(error)}`);
      }
    }
    return await takeTurns(children, rounds);
  } finally {
    await stopAll(children.values());
  }
}

async function takeTurns(children: ReadonlyMap<string, Child>, rounds: number): Promise<Times> {
  const times: Times = new Map();
  for (const [library, child] of children) {
    const operations = await child.call<string[]>('operations');
    times.set(library, new Map(operations.map((operation) => [operation, []])));
    for (const operation of operations) await child.call('slice', operation, 200);
  }
  for (let round = 0; round < rounds; round++) {
    for (const [library, child] of shuffled(children)) {
      for (const [operation, samples] of times.get(library) ?? [])
        samples.push(await child.call('slice', operation, 25));
    }
  }
  return times;
}

function tableOf(algorithm: Algorithm, { name }: Runtime, times: Times): string {
  const operations = [...(times.get(OURS)?.keys() ?? [])];
  // A cache has no faster limit, so warm operations are compared with the limit of cold ones.
  const limitOf = (operation: string) => times.get(LIMIT)?.get(operation === 'sign' ? 'sign' : 'verify, cold') ?? [];
  const rows = [...times].map(([library, samples]) => [
    library,
    ...operations.map((operation) => {
      const own = samples.get(operation);
      if (!own) return '–';
      const ratios = own.map((time, round) => time / (limitOf(operation)[round] as number));
      return `${figure(median(ratios))} / ${figure(quantile(own, 0.25) / 1000)}`;
    }),
  ]);
  return table([`${algorithm}, ${name}`, ...operations], rows);
}
