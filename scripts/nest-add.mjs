// `nest add` from the packed library, in apps that the CLIs of Nest 11 and 12 make: each is built and tested by itself.
// Expects the packages to be built. `node scripts/nest-add.mjs nest-12 esm prisma` tries only those; `--all` every cell.
import { rm } from 'node:fs/promises';
import { table } from './consumers/table.mjs';
import { installNodes, makeWorkspace, pack } from './consumers/workspace.mjs';
import { makeApp, tryCell } from './nest-add/app.mjs';
import { select } from './nest-add/cells.mjs';
import { isReachable } from './nest-add/database.mjs';

/** Jest can load Nest 12, which is only ESM, since Node 24.9. The CLI of Nest 12 needs Node 22.22. */
const NODE = '24';

const started = Date.now();
const selection = select(process.argv.slice(2));
if (!(await isReachable())) {
  console.log('PostgreSQL is not reachable; start it on 127.0.0.1, or set POSTGRES_URL.');
  process.exit(1);
}
const workspace = makeWorkspace();
const [packed, [node]] = await Promise.all([pack(workspace), installNodes(workspace, [NODE])]);

const rows = [];
let failed = 0;
await Promise.all(selection.map(tryApp));
console.log(`\n${table([['app', 'ORM', 'transport', `Node ${node.version.slice(1)}`], ...rows.sort()])}\n`);
console.log(`${seconds(started)}, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
await rm(workspace, { recursive: true, force: true });

/** One cell after the other: they share the app's packages. */
async function tryApp({ app, cells }) {
  const made = await makeApp(app, { workspace, packed }).catch((error) => ({ problem: error.message }));
  for (const cell of cells) {
    const begun = Date.now();
    const problem = made.problem ?? (await problemOf(() => tryCell(cell, made, { packed, node })));
    if (problem) failed += 1;
    rows.push([app.name, cell.orm, cell.transport, `${problem ? 'FAILED' : 'ok'} (${seconds(begun)})`]);
    console.log([rows.at(-1).join(', '), ...(problem ? [problem.trimEnd()] : [])].join('\n'));
  }
}

async function problemOf(attempt) {
  return attempt().then(
    () => undefined,
    (error) => error.message,
  );
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
