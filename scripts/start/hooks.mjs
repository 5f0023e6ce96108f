// Lets Node load the sources of an example and of our packages, without a build that could be out of date.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { root } from '../pnpm.mjs';

const OURS = pathToFileURL(`${join(root, 'packages')}/`).href;
const { paths } = JSON.parse(readFileSync(join(root, 'tsconfig.sources.json'), 'utf8')).compilerOptions;
const cache = join(root, 'node_modules/.cache/start');
const settings = readFileSync(join(root, 'tsconfig.base.json'), 'utf8');
/** What determines the compiler's output, besides the source. */
const given = [settings, readFileSync(new URL(import.meta.url)), readFileSync(join(root, 'package.json'))].join();
let main;
let compiler;

export function initialize(data) {
  main = data.main;
  mkdirSync(cache, { recursive: true });
}

export function resolve(specifier, context, next) {
  const { parentURL = '' } = context;
  // Sources import each other by the name of the emitted file.
  if (specifier.startsWith('.') && parentURL.endsWith('.ts')) return next(specifier.replace(/\.js$/, '.ts'), context);
  if (specifier.startsWith('@acme/')) return next(sourceOf(specifier), context);
  // Peers come from the app, as they do if the packages come from the registry.
  return next(specifier, isPeer(specifier, parentURL) ? { ...context, parentURL: main } : context);
}

export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  const file = fileURLToPath(url);
  const text = readFileSync(file, 'utf8');
  const key = createHash('sha256')
    .update(JSON.stringify([given, file, text]))
    .digest('hex');
  const cached = join(cache, `${key}.js`);
  if (!existsSync(cached)) {
    // Two starts may write the same file.
    writeFileSync(`${cached}.${process.pid}`, await compile(file, text));
    renameSync(`${cached}.${process.pid}`, cached);
  }
  return { format: 'module', source: readFileSync(cached), shortCircuit: true };
}

function sourceOf(specifier) {
  const [file] = paths[specifier] ?? [];
  if (!file) throw new Error(`${specifier} has no source; add it to the paths of tsconfig.sources.json.`);
  return pathToFileURL(join(root, file)).href;
}

const peers = new Map();

function isPeer(specifier, parentURL) {
  if (!parentURL.startsWith(OURS) || parentURL.includes('/node_modules/')) return false;
  const [folder] = parentURL.slice(OURS.length).split('/');
  if (!peers.has(folder)) {
    const manifest = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
    peers.set(folder, Object.keys(manifest.peerDependencies ?? {}));
  }
  return peers.get(folder).some((peer) => specifier === peer || specifier.startsWith(`${peer}/`));
}

async function compile(fileName, text) {
  compiler ??= import('typescript').then(({ default: ts }) => {
    const esm = { module: 'es2022', moduleResolution: 'bundler' };
    const output = { declaration: false, sourceMap: false, inlineSourceMap: true };
    const settled = { ...JSON.parse(settings).compilerOptions, ...esm, ...output };
    return { ts, options: ts.convertCompilerOptionsFromJson(settled, root).options };
  });
  const { ts, options: compilerOptions } = await compiler;
  const { outputText, diagnostics } = ts.transpileModule(text, { fileName, compilerOptions, reportDiagnostics: true });
  if (diagnostics.length > 0) throw new SyntaxError(ts.formatDiagnostics(diagnostics, host));
  return outputText;
}

const host = { getCanonicalFileName: (name) => name, getCurrentDirectory: () => root, getNewLine: () => '\n' };
