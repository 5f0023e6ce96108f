// What our declarations cost an app's `tsc`: compares the same app with them and with a stand-in of twenty lines.
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../pnpm.mjs';
import { succeeded, templates } from './workspace.mjs';

/** Times differ from run to run, so they have no limit, and CI does not report them. */
const RUNS = process.env.CI === 'true' ? 1 : 5;

/**
 * These numbers are the same in each run, so they have limits. The last two are the same in every app. A starter has
 * almost none of them by itself, so a percentage would be useless.
 */
const AT_MOST_MORE = {
  Files: (without) => without * 0.1,
  'Lines of Definitions': (without) => without * 0.1,
  Instantiations: () => 500,
  Types: () => 500,
};

/** @returns the sentences to print, and the limits that are exceeded */
export async function weigh({ name }, { cwd, typesOfBare }) {
  writeConfigs(cwd, typesOfBare);
  const runs = { with: [], without: [] };
  for (let i = 0; i < RUNS; i++) {
    for (const which of ['without', 'with']) runs[which].push(await diagnose(cwd, which));
  }

  const seconds = (which) => median(runs[which].map((numbers) => numbers['Total time']));
  const told =
    `tsc takes ${seconds('with').toFixed(2)} s with the library and ${seconds('without').toFixed(2)} s without ` +
    `(${percent(seconds('without'), seconds('with'))}; medians of ${RUNS}, interleaved)`;
  const counts = [];
  const tooMuch = [];
  for (const [count, atMostMore] of Object.entries(AT_MOST_MORE)) {
    const [before, after] = [runs.without[0][count], runs.with[0][count]];
    counts.push(`${count} ${before} → ${after} (${percent(before, after)})`);
    // If tsc no longer prints a number, that is a failure too.
    if (!(after - before <= atMostMore(before))) tooMuch.push(`${name}: ${counts.at(-1)} is too much`);
  }
  return { lines: [`${name}: ${RUNS > 1 ? told : 'declarations'}`, `  ${counts.join(', ')}`], tooMuch };
}

function writeConfigs(cwd, typesOfBare) {
  const standIn = './without/nest-auth.d.ts';
  mkdirSync(join(cwd, 'without'));
  cpSync(join(templates, 'type-weight/nest-auth.d.ts'), join(cwd, standIn));
  const config = (compilerOptions) => ({
    extends: './tsconfig.json',
    compilerOptions: { noEmit: true, incremental: false, strict: true, ...compilerOptions },
    // Only of the library: an adapter's declarations, and its database's, depend on the adapter that an app installs.
    exclude: ['node_modules', 'dist', 'without', 'test/adapters.e2e-spec.ts'],
  });
  const { types = typesOfBare } = JSON.parse(readFileSync(join(cwd, 'tsconfig.json'), 'utf8')).compilerOptions;
  const paths = { '@acme/nest-auth': [standIn], '@acme/nest-auth/*': [standIn] };
  writeFileSync(join(cwd, 'tsconfig.with.json'), JSON.stringify(config({})));
  writeFileSync(join(cwd, 'tsconfig.without.json'), JSON.stringify(config({ types, paths })));
}

/** The table that tsc prints, as numbers. */
async function diagnose(cwd, which) {
  const args = ['node_modules/typescript/bin/tsc', '--project', `tsconfig.${which}.json`, '--extendedDiagnostics'];
  const output = succeeded(`tsc ${which}`, await run(process.execPath, args, { cwd, capture: true }));
  return Object.fromEntries(
    [...output.matchAll(/^([\w ]+):\s+([\d.]+)[sK]?$/gm)].map(([, key, n]) => [key, Number(n)]),
  );
}

function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)];
}

function percent(before, after) {
  const more = (100 * (after - before)) / before;
  return `${more < 0 ? '' : '+'}${more.toFixed(1)} %`;
}
