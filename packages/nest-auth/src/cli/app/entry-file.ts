import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CliError } from '../command-line.js';

/**
 * A bundle that contains this message of Nest has its own NestFactory. The command cannot replace it, so the app would
 * listen. Minifiers rename classes but keep messages.
 */
const LOGGED_BY_NEST = 'Starting Nest application...';

/**
 * The built entry of the app in a folder.
 * @throws CliError if there is none
 */
export function entryFile(folder: string, given: string | undefined): string {
  const candidates = given === undefined ? candidatesIn(folder) : [given];
  // As for `node dist/main`.
  const found = candidates
    .flatMap((path) => [path, `${path}.js`])
    .map((path) => resolve(folder, path))
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  if (found === undefined) {
    throw new CliError(
      `There is no ${candidates.join(', nor ')}. Build the app first (nest build), or name its entry, such as dist/main.js.`,
    );
  }
  if (/\.[cm]?tsx?$/.test(found))
    throw new CliError(`${found} is TypeScript. Build the app first, and name what is built, such as dist/main.js.`);
  if (readFileSync(found, 'utf8').includes(LOGGED_BY_NEST)) {
    throw new CliError(
      `${found} is a bundle with @nestjs/core in it, so the app cannot be kept from listening. Leave node_modules out of the bundle, as nest build --webpack does (externals), or name an entry that was built by tsc or SWC.`,
    );
  }
  return found;
}

/**
 * The places where `nest start` looks: the names of nest-cli.json, by default `dist/main.js`, and
 * `dist/apps/<app>/main.js` for the default app of a monorepo; then `main` of package.json.
 */
function candidatesIn(folder: string): string[] {
  const settings = jsonOf(join(folder, 'nest-cli.json')) as Strings;
  const { root = '', sourceRoot = 'src', entryFile: entry = 'main' } = settings;
  const { main } = jsonOf(join(folder, 'package.json')) as Strings;
  const places = [join('dist', root, `${entry}.js`), join('dist', sourceRoot, `${entry}.js`)];
  return [...new Set([...places, ...(typeof main === 'string' ? [main] : [])])];
}

type Strings = Readonly<Record<string, string | undefined>>;

function jsonOf(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}
