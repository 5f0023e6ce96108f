import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const SRC = join(import.meta.dirname, '..', 'src');

interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Own files as paths below `src`, packages by name. */
  readonly imports: readonly string[];
}

const files: SourceFile[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.spec.ts'))
  .map((path) => {
    const text = readFileSync(join(SRC, path), 'utf8');
    const imports = [...text.matchAll(/(?:^|\n)(?:import|export)\b[^;]*?from '([^']+)'|^import '([^']+)'/g)]
      .map((match) => match[1] ?? match[2] ?? '')
      .map((name) => (name.startsWith('.') ? normalize(join(dirname(path), name)).replace(/\.js$/, '.ts') : name));
    return { path, text, imports };
  });

const layerOf = (path: string): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : 'root');
const isOwn = (name: string): boolean => name.endsWith('.ts');

/** What each layer may import of ours. `root` composes. */
const LAYERS: Record<string, readonly string[]> = {
  ports: [],
  core: ['core', 'ports'],
  http: ['http', 'core', 'ports'],
  features: ['features', 'core', 'ports'],
  hashers: ['hashers', 'ports'],
  boot: ['boot', 'root', 'http', 'core', 'ports'],
  openapi: ['openapi'],
  adapter: ['adapter'],
  testing: ['testing'],
};

/** The libraries that do the core's own work. */
const CORE_LIBRARIES = ['rxjs', 'ms', 'reflect-metadata', 'rate-limiter-flexible', '@zxcvbn-ts/language-common'];

describe('the architecture', () => {
  test('is read from the files at all', () => {
    expect(files.length).toBeGreaterThan(30);
    expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThan(100);
  });

  test.each(Object.entries(LAYERS))('%s imports only %j of ours', (layer, allowed) => {
    const wrong = files
      .filter(({ path }) => layerOf(path) === layer)
      .flatMap(({ path, imports }) =>
        imports
          .filter((name) => isOwn(name) && !allowed.includes(layerOf(name)) && name !== 'http/auth.decorators.ts')
          .map((name) => `${path} -> ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  test('ports import nothing, core no framework', () => {
    const foreign = (layer: string) =>
      files
        .filter(({ path }) => layerOf(path) === layer)
        .flatMap(({ imports }) => imports.filter((name) => !isOwn(name)));
    expect(foreign('ports')).toEqual([]);
    const unknown = foreign('core').filter((name) => !name.startsWith('node:') && !CORE_LIBRARIES.includes(name));
    expect(unknown).toEqual([]);
  });

  test('no file reaches into the inside of a Nest package', () => {
    const deep = files.flatMap(({ imports }) => imports.filter((name) => /^@nestjs\/[^/]+\//.test(name)));
    expect(deep).toEqual([]);
  });

  test('nothing but the edge knows Express or Fastify', () => {
    const naming = files.filter(({ imports }) => imports.some((name) => /^(express|fastify)$/.test(name)));
    expect(naming.map(({ path }) => path).filter((path) => path !== 'http/token-transport.ts')).toEqual([]);
  });

  test('there are no cycles', () => {
    const graph = new Map(files.map(({ path, imports }) => [path, imports.filter(isOwn)]));
    const done = new Set<string>();
    const visit = (path: string, trail: readonly string[]): void => {
      if (trail.includes(path)) throw new Error(`cycle: ${[...trail, path].join(' -> ')}`);
      if (done.has(path)) return;
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    };
    for (const path of graph.keys()) visit(path, []);
    expect(done.size).toBe(files.length);
  });

  test('public symbols are shared between the ESM and the CommonJS copy', () => {
    const local = files.filter(({ path, text }) => layerOf(path) !== 'testing' && /\bSymbol\(/.test(text));
    expect(local.map(({ path }) => path)).toEqual([]);
  });

  test('the public API lists every name', () => {
    const index = files.find(({ path }) => path === 'index.ts');
    expect(index?.text).not.toMatch(/export \*/);
  });
});
