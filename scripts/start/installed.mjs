// Checks whether an install would change anything: in pnpm's own records, without starting pnpm.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../pnpm.mjs';

/** Directories of an example, of the packages of ours that it needs, and the root, which has the compiler. */
export function projectsOf(example) {
  const found = new Set(['.']);
  const visit = (project) => {
    if (found.has(project)) return;
    found.add(project);
    for (const name of Object.keys(dependenciesOf(project))) {
      if (name.startsWith('@acme/')) visit(name.replace('@acme/', 'packages/'));
    }
  };
  visit(`examples/${example}`);
  return [...found];
}

/** Whether the last install included the packages of tests and builds; an install without them would remove them. */
export function hasDevDependencies() {
  return /"?devDependencies"?: true/.test(read('node_modules/.modules.yaml') ?? '');
}

/** Whether the packages that the projects need to run are installed, in the versions of the lockfile. */
export function isInstalled(projects) {
  const [wanted, current] = [read('pnpm-lock.yaml'), read('node_modules/.pnpm/lock.yaml')].map(blocksOf);
  return (
    current.size > 0 &&
    projects.every((project) => isLinked(project, wanted.get(`importers ${project}`), current)) &&
    // Installed packages depend only on installed packages, so equal entries mean equal trees.
    [...current].every(([key, text]) => key.startsWith('importers ') || (wanted.get(key) ?? text) === text)
  );
}

/** Whether the package.json agrees with the lockfile, the lockfile with pnpm's record, and the packages still exist. */
function isLinked(project, locked, current) {
  const wanted = lockedIn(locked);
  const installed = lockedIn(current.get(`importers ${project}`));
  return Object.entries(dependenciesOf(project)).every(([name, specifier]) => {
    const entry = wanted.get(name);
    return (
      entry?.specifier === specifier &&
      installed.get(name)?.version === entry.version &&
      existsSync(join(root, project, 'node_modules', name))
    );
  });
}

function dependenciesOf(project) {
  const { dependencies, optionalDependencies } = JSON.parse(read(join(project, 'package.json')));
  return { ...dependencies, ...optionalDependencies };
}

/** The entries of a lockfile, each as text, by section and name. */
function blocksOf(lockfile = '') {
  const blocks = new Map();
  let section = '';
  for (const part of lockfile.split(/\n(?=\S| {2}\S)/)) {
    if (/^\S/.test(part)) section = part.slice(0, part.indexOf(':'));
    else blocks.set(`${section} ${unquoted(/^ {2}(.+?):(?: \{\})?$/m.exec(part)?.[1])}`, part.trim());
  }
  return blocks;
}

function lockedIn(importer = '') {
  const entries = importer.matchAll(/^ {6}(\S+):\n {8}specifier: (.+)\n {8}version: (.+)$/gm);
  return new Map(
    [...entries].map(([, name, specifier, version]) => [unquoted(name), { specifier: unquoted(specifier), version }]),
  );
}

function unquoted(text = '') {
  return text.replace(/^'(.*)'$/, '$1');
}

function read(file) {
  const path = join(root, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
