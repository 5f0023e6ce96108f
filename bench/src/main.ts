import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { describeMachine, findNode, THIS_NODE, ticks } from './harness/machine.js';
import { figure, table } from './harness/markdown.js';
import { type Findings, type Goal, type Run, type Runtime, reason } from './harness/section.js';
import { growth } from './sections/growth.js';
import { http } from './sections/http.js';
import { inProcess } from './sections/in-process.js';
import { login } from './sections/login.js';
import { refresh } from './sections/refresh.js';

const SECTIONS: Readonly<Record<string, (run: Run) => Promise<Findings>>> = {
  'in-process': inProcess,
  http,
  login,
  refresh,
  growth,
};
const PAGE = fileURLToPath(new URL('../../docs/benchmarks.md', import.meta.url));
const NOTES = fileURLToPath(new URL('../notes.md', import.meta.url));
const PEERS = fileURLToPath(new URL('../.peers', import.meta.url));

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    node: { type: 'string', default: process.env.BENCH_NODE ?? '24' },
    only: { type: 'string', multiple: true, default: Object.keys(SECTIONS) },
    print: { type: 'boolean', default: false },
  },
});

const skipped: string[] = [];
const nodes = [THIS_NODE, ...(await otherNode(flags.node))];
const started = performance.now();
const before = ticks();
const log = (line: string) => process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0)} s  ${line}\n`);

const found: Findings[] = [];
for (const name of flags.only) {
  const section = SECTIONS[name];
  if (!section) throw new RangeError(`There is no section '${name}'; there are ${Object.keys(SECTIONS).join(', ')}.`);
  try {
    found.push(await section({ quick: flags.quick, nodes, log }));
  } catch (error) {
    log(`${name}: ${error instanceof Error ? error.stack : error}`);
    skipped.push(`${name}: ${reason(error)}`);
    process.exitCode = 1;
  }
}

const page = await compose();
console.log(page);
// A part of the bench, or a quick check, does not replace the page of a whole run.
if (!flags.quick && !flags.print && flags.only.length === Object.keys(SECTIONS).length) await writeFile(PAGE, page);
log('done');
process.exit();

async function otherNode(major: string | undefined): Promise<Runtime[]> {
  if (!major || THIS_NODE.name === `Node ${major}`) return [];
  try {
    return [await findNode(major)];
  } catch (error) {
    skipped.push(`Node ${major}: ${reason(error)}`);
    return [];
  }
}

async function compose(): Promise<string> {
  const minutes = (performance.now() - started) / 60_000;
  const left = [...skipped, ...found.flatMap((one) => one.skipped)];
  const goals = found.flatMap((one) => one.goals);
  const after = ticks();
  const stolen = ((after.stolen - before.stolen) / (after.all - before.all)) * 100;
  return [
    '# Benchmarks',
    `Made by \`npm run bench\` (${flags.quick ? 'quick: the figures mean little; ' : ''}${minutes.toFixed(0)} minutes). Ratios compare things that were measured side by side, and are valid on other machines; absolute figures are not.`,
    await describeMachine(nodes, PEERS),
    ...(stolen > 0 ? [`Other virtual machines took ${figure(stolen)} % of the processors meanwhile.`] : []),
    ...(left.length > 0 ? [`Not measured:\n\n${left.map((line) => `- ${line}`).join('\n')}`] : []),
    ...(goals.length > 0 ? ['## Goals', goalTable(goals), (await readFile(NOTES, 'utf8')).trim()] : []),
    ...found.map(({ text }) => text),
    '',
  ].join('\n\n');
}

function goalTable(goals: readonly Goal[]): string {
  const rows = goals.map(({ what, limit, measured, met }) => [what, limit, figure(measured), met ? 'yes' : '**no**']);
  return table(['', 'wanted', 'measured', 'met'], rows);
}
