import { readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import * as common from '@nestjs/common';
import * as core from '@nestjs/core';

const require = createRequire(import.meta.url);
const shared: Readonly<Record<string, unknown>> = { '@nestjs/common': common, '@nestjs/core': core };

/**
 * A CommonJS package that requires Nest, with this test's own Nest: before Node 24.9 jest cannot `require` Nest 12,
 * which is ESM. Plain Node can, so apps do not need this.
 */
export function loadCommonJs<T>(name: string): T {
  return evaluate(require.resolve(name), new Map()) as T;
}

function evaluate(file: string, cache: Map<string, { exports: unknown }>): unknown {
  const known = cache.get(file);
  if (known) return known.exports;
  const module = { exports: {} };
  cache.set(file, module);
  const near = createRequire(file);
  const load = (id: string): unknown => {
    if (shared[id]) return shared[id];
    return id.startsWith('.') && !isBuiltin(id) ? evaluate(near.resolve(id), cache) : near(id);
  };
  new Function('module', 'exports', 'require', readFileSync(file, 'utf8'))(module, module.exports, load);
  return module.exports;
}
