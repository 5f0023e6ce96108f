import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

const SOURCE = /(?<!\.d|\.spec)\.[cm]?ts$/;

/**
 * Returns a warning if a source is newer than every built file, because the list would then show the old app.
 * @param folder of the app, with its sources in `src`
 * @param entry of the build
 */
export function staleBuild(folder: string, entry: string): string | undefined {
  const sources = join(folder, 'src');
  // Plain JavaScript, or a loader that reads TypeScript: nothing is built.
  if (entry.startsWith(sources + sep)) return undefined;
  const source = newestIn(sources, SOURCE);
  const built = newestIn(dirname(entry), /\.[cm]?js$/);
  if (!source || !built || source.time <= built.time) return undefined;
  return `${relative(folder, source.path)} is newer than the build in ${relative(folder, dirname(entry))}. Build the app first.`;
}

interface Found {
  readonly path: string;
  readonly time: number;
}

function newestIn(folder: string, pattern: RegExp): Found | undefined {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => pattern.test(path))
    .map((path) => ({ path: join(folder, path), time: statSync(join(folder, path)).mtimeMs }))
    .reduce<Found | undefined>((newest, one) => (newest && newest.time >= one.time ? newest : one), undefined);
}
