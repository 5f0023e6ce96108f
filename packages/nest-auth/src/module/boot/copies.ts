import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { InjectionToken, Provider, Type } from '@nestjs/common';

const COPIES = Symbol.for('acme/nest-auth:copies');

type Tokens = ReadonlyMap<string, Type>;

// CommonJS knows its file by `__filename`, ESM by `import.meta.url`, and a bundle may know neither.
const HERE = typeof __filename === 'string' ? __filename : fileOf(import.meta.url);

/** The injectable classes of each copy of this library: one process may load the ESM and the CommonJS build. */
const shared = globalThis as { [COPIES]?: Map<string, Tokens> };
shared[COPIES] ??= new Map();
const copies: Map<string, Tokens> = shared[COPIES];

/** Registers the classes of this copy for the other one. */
export function registerCopy(exports: readonly InjectionToken[]): void {
  copies.set(HERE, classesOf(exports));
}

/** Aliases under which the other copy's classes are injected: a CommonJS package may inject them in an ESM app. */
export function aliasesForOtherCopies(exports: readonly InjectionToken[]): (Provider & { readonly provide: Type })[] {
  const own = classesOf(exports);
  // A copy in another folder, such as another version, is another library.
  const others = [...copies].filter(([file]) => file !== HERE && dirname(file) === dirname(HERE));
  return others.flatMap(([, tokens]) =>
    [...tokens].flatMap(([name, provide]) => {
      const useExisting = own.get(name);
      return useExisting ? { provide, useExisting } : [];
    }),
  );
}

function classesOf(tokens: readonly InjectionToken[]): Tokens {
  const classes = tokens.filter((token): token is Type => typeof token === 'function');
  return new Map(classes.map((type) => [type.name, type]));
}

function fileOf(url: string | undefined): string {
  return url?.startsWith('file:') ? fileURLToPath(url) : String(url);
}
