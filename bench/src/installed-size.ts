import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BENCH = fileURLToPath(new URL('..', import.meta.url));
const PLACES = [BENCH, join(BENCH, '.peers'), join(BENCH, '../nest-auth')];

interface Manifest {
  readonly name: string;
  readonly main?: string;
  readonly exports?: unknown;
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface InstalledSize {
  readonly bytes: number;
  readonly packages: number;
  /** The main modules of the packages themselves. */
  readonly entries: readonly string[];
}

/** Packages and everything that they depend on; `undefined` if one is not installed. */
export async function installedSize(names: readonly string[]): Promise<InstalledSize | undefined> {
  const seen = new Map<string, number>();
  const entries: string[] = [];
  for (const name of names) {
    const folder = await folderOf(name, PLACES);
    if (!folder) return undefined;
    // Resolved as a path, because it may be a folder.
    entries.push(createRequire(import.meta.url).resolve(join(folder, entryOf(await manifestOf(folder)))));
    await collect(folder, seen);
  }
  return { bytes: [...seen.values()].reduce((sum, size) => sum + size, 0), packages: seen.size, entries };
}

async function collect(folder: string, seen: Map<string, number>): Promise<void> {
  if (seen.has(folder)) return;
  const manifest = await manifestOf(folder);
  seen.set(folder, 0);
  // The folder of a workspace package has more files than the published package.
  const published =
    folder.startsWith(join(BENCH, '..')) && !folder.includes('node_modules') ? manifest.files : undefined;
  const roots = published ? published.map((name) => join(folder, name)) : [folder];
  const sizes = await Promise.all(roots.map(sizeOf));
  seen.set(
    folder,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    const dependency = await folderOf(name, [folder]);
    if (dependency) await collect(dependency, seen);
  }
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory()) return found?.size ?? 0;
  const names = await readdir(path);
  const sizes = await Promise.all(
    names.filter((name) => name !== 'node_modules').map((name) => sizeOf(join(path, name))),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function folderOf(name: string, places: readonly string[]): Promise<string | undefined> {
  for (const place of places) {
    for (const modules of createRequire(join(place, 'package.json')).resolve.paths(name) ?? []) {
      const folder = await realpath(join(modules, name)).catch(() => undefined);
      if (folder) return folder;
    }
  }
}

async function manifestOf(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** The file that `import` would load. */
function entryOf({ exports, main = 'index.js' }: Manifest): string {
  let found = exports;
  while (typeof found === 'object' && found !== null) {
    const conditions = found as Record<string, unknown>;
    found = conditions['.'] ?? conditions.import ?? conditions.default ?? conditions.require;
  }
  return typeof found === 'string' ? found : main;
}
