import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The tables of options, run from the TypeScript sources. Those of features are in `FEATURES`, by the feature's name: each
 * is the one export of `src/features/<name>/<name>.options.ts`.
 */
export async function readTables(root) {
  const folder = join(root, 'packages/nest-auth');
  // The esbuild that tsup brings.
  const require = createRequire(createRequire(join(folder, 'package.json')).resolve('tsup'));
  const features = readdirSync(join(folder, 'src/features'))
    .filter((name) => existsSync(join(folder, `src/features/${name}/${name}.options.ts`)))
    .map((name) => `import * as ${camelCase(name)} from './src/features/${name}/${name}.options.js';`);
  const contents = [
    ...[
      'options/auth/auth-option-table',
      'options/resource-server/resource-server-option-table',
      'module/extras-table',
    ].map((path) => `export * from './src/${path}.js';`),
    ...features,
    `export const FEATURES = { ${features.map((line) => line.split(' ')[3]).join(', ')} };`,
  ].join('\n');
  const { outputFiles } = await require('esbuild').build({
    stdin: { contents, resolveDir: folder, loader: 'ts' },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    // Only the parts of the library that the tables of features need.
    alias: { '@acme/nest-auth': join(folder, 'src/options/fields/option.ts') },
  });
  // Below the package, where its dependencies are found.
  const file = join(folder, 'node_modules', `.reference-${process.pid}.mjs`);
  writeFileSync(file, outputFiles[0].contents);
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    rmSync(file);
  }
}

function camelCase(name) {
  return name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());
}

/** A default as the documentation writes it. */
export function defaultOf({ isRequired, isInWords, default: value }) {
  if (isRequired) return 'required';
  if (value === undefined) return 'none';
  return isInWords ? value : literal(value);
}

function literal(value) {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value !== 'object' || Array.isArray(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${name}: ${literal(member)}`);
  return `{ ${members.join(', ')} }`;
}

/** As `1 to 10,000`. */
export function rangeOf({ range = '' }) {
  return range.replaceAll(/\d{5,}/g, (digits) => Number(digits).toLocaleString('en-US'));
}
