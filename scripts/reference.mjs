// Writes the files that are generated from the sources: the interfaces of the options, docs/reference/options.md, the
// tables of docs/reference/errors.md and docs/reference/events.md, and the page of the inspector. With --check it
// writes nothing, and fails if a file differs from the sources.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { errorsPage } from './reference/errors-page.mjs';
import { eventsPage } from './reference/events-page.mjs';
import { readFeatures } from './reference/features.mjs';
import { inspectorPage } from './reference/inspector-page.mjs';
import { interfacesOf } from './reference/interfaces.mjs';
import { optionsPage } from './reference/options-page.mjs';
import { readTables } from './reference/tables.mjs';

const { values } = parseArgs({ options: { check: { type: 'boolean' }, into: { type: 'string' } } });
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
/** Where the files are compared or written; another place is for the test of this script. */
const target = values.into ?? root;

const tables = await readTables(root);
const features = readFeatures(root);
const files = {
  ...interfacesOf(root, tables),
  'docs/reference/options.md': optionsPage(tables),
  ...errorsPage(root, features),
  ...eventsPage(root, features),
  ...(await inspectorPage(root)),
};

const stale = Object.keys(files).filter((path) => {
  const file = join(target, path);
  return !existsSync(file) || readFileSync(file, 'utf8') !== files[path];
});
if (values.check) {
  for (const path of stale) console.error(`${path} is not what the sources say; run npm run reference`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const path of stale) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), files[path]);
    console.log(`wrote ${path}`);
  }
  if (stale.length === 0) console.log('Nothing has changed.');
}
