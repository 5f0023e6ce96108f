import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export interface SourceFile {
  /** Below the package's source folder. */
  readonly path: string;
  readonly text: string;
  /** Own files as paths, packages by name. */
  readonly imports: readonly string[];
}

/** Folders from the lowest to the highest: each may import those below it that it names, and itself. */
export type Layers = Readonly<Record<string, readonly string[]>>;

const IMPORT = /(?:^|\n)(?:import|export)\b[^;]*?from '([^']+)'|(?:^|\n)import '([^']+)'|\bimport\('([^']+)'\)/g;

export function sourceFile(path: string, text: string): SourceFile {
  const imports = [...text.matchAll(IMPORT)]
    .map((match) => match[1] ?? match[2] ?? match[3] ?? '')
    .map((name) => (name.startsWith('.') ? normalize(join(dirname(path), name)).replace(/\.m?js$/, '.ts') : name));
  return { path, text, imports };
}

/** The sources of a package, without its unit tests. */
export function sourcesOf(folder: string): SourceFile[] {
  return filesOf(folder)
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
    .map((path) => sourceFile(path, readFileSync(join(folder, path), 'utf8')));
}

/** Without installed packages, builds, and files of a test that runs at the same time. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (!entry.isDirectory()) return entry.isFile() ? [entry.name] : [];
    if (/^(node_modules|dist|\..*)$/.test(entry.name)) return [];
    return filesOf(join(folder, entry.name)).map((path) => join(entry.name, path));
  });
}

const isOwn = (name: string): boolean => name.endsWith('.ts');
const folderOf = (path: string): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '.');

/** The files of one folder, by their paths in it. What they import from outside of it is left out. */
export function inside(folder: string, files: readonly SourceFile[]): SourceFile[] {
  const own = (path: string): boolean => path.startsWith(`${folder}/`);
  const shortened = (path: string): string => path.slice(folder.length + 1);
  return files
    .filter(({ path }) => own(path))
    .map(({ path, text, imports }) => ({
      path: shortened(path),
      text,
      imports: imports.filter(own).map(shortened),
    }));
}

/**
 * Imports of a folder that its layer does not name. A folder without a layer is reported, too. Files beside the folders
 * are the layer `.`; if the layers do not name it, they may import anything and nothing may import them.
 */
export function layerBreaks(files: readonly SourceFile[], layers: Layers): string[] {
  const unknown = [...new Set(files.map(({ path }) => folderOf(path)))].filter(
    (folder) => folder !== '.' && !Object.hasOwn(layers, folder),
  );
  const wrong = files.flatMap(({ path, imports }) => {
    const folder = folderOf(path);
    if (folder === '.' && !Object.hasOwn(layers, folder)) return [];
    const allowed = [folder, ...(layers[folder] ?? [])];
    return imports
      .filter((name) => isOwn(name) && !allowed.includes(folderOf(name)))
      .map((name) => `${path} -> ${name}`);
  });
  return [...unknown.map((folder) => `${folder}/ has no layer`), ...wrong];
}

/** Imports by which a feature leaves its own folder. */
export function featureBreaks(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) => {
    const [, home] = /^(features\/[^/]+\/)/.exec(path) ?? [];
    return imports.filter((name) => isOwn(name) && home && !name.startsWith(home)).map((name) => `${path} -> ${name}`);
  });
}

/** Layers that name a layer above themselves. */
export function layersThatRunUp(layers: Layers): string[] {
  const order = Object.keys(layers);
  return order.flatMap((layer, at) =>
    (layers[layer] ?? []).filter((name) => order.indexOf(name) >= at).map((name) => `${layer} -> ${name}`),
  );
}

/** Packages that files import but may not import. */
export function foreignImports(files: readonly SourceFile[], mayImport: (name: string) => boolean): string[] {
  return files.flatMap(({ path, imports }) =>
    imports.filter((name) => !isOwn(name) && !mayImport(name)).map((name) => `${path} -> ${name}`),
  );
}

/** The first cycle, as a path of files; `undefined` if there is none. */
export function cycleIn(files: readonly SourceFile[]): string | undefined {
  const graph = new Map(files.map(({ path, imports }) => [path, imports.filter(isOwn)]));
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): string | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path].join(' -> ');
    if (done.has(path)) return undefined;
    for (const next of graph.get(path) ?? []) {
      const found = visit(next, [...trail, path]);
      if (found) return found;
    }
    done.add(path);
    return undefined;
  };
  for (const path of graph.keys()) {
    const found = visit(path, []);
    if (found) return found;
  }
  return undefined;
}

/** Files that match, except those named. */
export function filesWith(pattern: RegExp, files: readonly SourceFile[], except: readonly string[] = []): string[] {
  return files
    .filter(({ path, text }) => pattern.test(text) && !except.some((name) => path.startsWith(name)))
    .map(({ path }) => path);
}
