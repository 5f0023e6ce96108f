import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Report } from './report.js';

/** Packages that must be installed only once: two copies do not share classes and metadata. */
const ONCE = ['@nestjs/common', '@nestjs/core', 'reflect-metadata'];
const OLDEST_NODE = [20, 19];
const OLDEST_NEST = 11;

interface Found {
  readonly folder: string;
  readonly version: string;
}

/**
 * What is installed, seen from the folder of an app.
 * @param node the version of Node, such as `v24.9.0`
 */
export function installationOf(app: string, node: string = process.version): Report {
  const own = packageAbove(dirname(fileURLToPath(import.meta.url)));
  const problems: string[] = [];
  if (isOlder(node, OLDEST_NODE)) problems.push(`Node ${node} is too old: update it to 20.19 or later.`);
  for (const name of ONCE) {
    const ofApp = find(name, app);
    if (!ofApp) problems.push(`The app does not have ${name}: npm i ${name}`);
    else problems.push(...doubles(name, ofApp, own));
  }
  const nest = find('@nestjs/core', app);
  if (nest && Number.parseInt(nest.version, 10) < OLDEST_NEST)
    problems.push(`Nest ${nest.version} is too old: update it to 11 or 12.`);
  const installed = find('@acme/nest-auth', app);
  if (installed && own && installed.folder !== own.folder)
    problems.push(
      `This command belongs to ${own.folder}, but the app uses ${installed.folder}. Run it as: npx nest-auth`,
    );
  const facts = { Node: node, Nest: nest?.version ?? 'none', '@acme/nest-auth': installed?.version ?? 'none' };
  return { facts, problems };
}

function doubles(name: string, ofApp: Found, library: Found | undefined): string[] {
  const ofLibrary = library && find(name, library.folder);
  if (!ofLibrary || ofLibrary.folder === ofApp.folder) return [];
  return [
    `There are two copies of ${name}, ${ofApp.version} for the app and ${ofLibrary.version} for @acme/nest-auth, and ` +
      `they do not share classes and metadata. Keep one: npm dedupe (see npm ls ${name})`,
  ];
}

/** Looks upwards for a package, as Node does. It reads files, because `exports` may hide package.json. */
function find(name: string, from: string): Found | undefined {
  const folder = join(from, 'node_modules', name);
  if (existsSync(join(folder, 'package.json'))) return read(folder);
  return dirname(from) === from ? undefined : find(name, dirname(from));
}

function packageAbove(folder: string): Found | undefined {
  if (existsSync(join(folder, 'package.json'))) return read(folder);
  return dirname(folder) === folder ? undefined : packageAbove(dirname(folder));
}

function read(folder: string): Found {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly version: string };
  return { folder: realpathSync(folder), version };
}

function isOlder(version: string, [major = 0, minor = 0]: readonly number[]): boolean {
  const [, ownMajor = 0, ownMinor = 0] = (/^v(\d+)\.(\d+)/.exec(version) ?? []).map(Number);
  return ownMajor < major || (ownMajor === major && ownMinor < minor);
}
