// Installs the packed library the way users would, into the apps that they have, and tries each on every version of Node.
// Expects the packages to be built. `node scripts/consumers.mjs nest-12 esm 22` tries only those.
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { select } from './consumers/matrix.mjs';
import { preparePlain, tryPlain } from './consumers/plain.mjs';
import { prepareStarter, tryStarter } from './consumers/starter.mjs';
import { table } from './consumers/table.mjs';
import { weigh } from './consumers/type-weight.mjs';
import { installNodes, makeWorkspace, pack } from './consumers/workspace.mjs';

const KINDS = {
  starter: { prepare: prepareStarter, attempt: tryStarter },
  plain: { prepare: preparePlain, attempt: tryPlain },
};
const VERDICTS = { ok: 'ok', cannot: 'Nest itself cannot', failed: 'FAILED' };

const started = Date.now();
const { consumers, nodes: majors } = select(process.argv.slice(2));
const workspace = makeWorkspace();
const [packed, nodes] = await Promise.all([pack(workspace), installNodes(workspace, majors)]);

const results = new Map();
const queue = [...consumers];
const worker = async () => {
  for (let one = queue.shift(); one; one = queue.shift()) results.set(one, await tryOut(one));
};
await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));

// It runs alone, because it measures times.
const weights = await weighAll();
report();
await rm(workspace, { recursive: true, force: true });

/** One row of the table: the result of the preparation, then the result on each version of Node. */
async function tryOut(consumer) {
  const { prepare, attempt } = KINDS[consumer.kind];
  const prepared = await judged(async () => ({ verdict: 'ok', app: await prepare(consumer, { workspace, packed }) }));
  const cells = [prepared];
  for (const node of nodes) {
    const unprepared = { verdict: 'failed', seconds: 0, problem: 'Not run.' };
    const run = async () => ({ verdict: await attempt(consumer, prepared.app, node) });
    cells.push(prepared.app ? await judged(run) : unprepared);
  }
  const verdicts = cells.map(({ verdict }) => VERDICTS[verdict]);
  console.log(`${consumer.name}: ${[...new Set(verdicts)].join(', ')}`);
  return cells;
}

async function judged(run) {
  const begun = Date.now();
  const outcome = await run().catch((error) => ({ verdict: 'failed', problem: error.message }));
  return { ...outcome, seconds: (Date.now() - begun) / 1000 };
}

async function weighAll() {
  const lines = [];
  const tooMuch = [];
  for (const [consumer, [{ app }]] of results) {
    if (consumer.kind !== 'starter' || !app) continue;
    const weight = await weigh(consumer, app).catch((error) => ({ lines: [], tooMuch: [error.message] }));
    lines.push(...weight.lines);
    tooMuch.push(...weight.tooMuch);
  }
  return { lines, tooMuch };
}

function report() {
  const heads = ['install, types, bundles', ...nodes.map(({ version }) => `Node ${version.slice(1)}`)];
  const rows = consumers.map((consumer) => {
    const cells = results.get(consumer);
    return [consumer.name, ...cells.map(({ verdict, seconds }) => `${VERDICTS[verdict]} (${seconds.toFixed(1)} s)`)];
  });
  const failed = consumers.flatMap((consumer) =>
    results
      .get(consumer)
      .flatMap(({ verdict, problem }, column) =>
        verdict === 'failed' ? [`${consumer.name}, ${heads[column]}: ${problem}`] : [],
      ),
  );
  const problems = [...failed, ...weights.tooMuch];
  for (const problem of problems) console.log(`\n${problem.trimEnd()}`);
  console.log(`\n${table([['consumer', ...heads], ...rows])}\n`);
  if (rows.some((row) => row.some((cell) => cell.startsWith(VERDICTS.cannot)))) {
    console.log(`${VERDICTS.cannot}: the tests of the bare starter fail there too, alike; the start is ok.`);
  }
  for (const line of weights.lines) console.log(line);
  console.log(`${((Date.now() - started) / 1000).toFixed(1)} s, ${problems.length} failed`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
