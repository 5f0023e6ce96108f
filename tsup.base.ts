import type { Options } from 'tsup';

/** What every published package is built like. */
export const library: Options = {
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  // Subpaths and adapters reach the library by its name, so each format holds every class exactly once.
  external: ['@acme/nest-auth'],
  splitting: false,
  sourcemap: true,
  clean: true,
  dts: {
    // The declarations name the library by its package: what an adapter is built against is what apps have.
    // tsup hands the declaration build a baseUrl, which TypeScript 6 reports as deprecated.
    compilerOptions: { ignoreDeprecations: '6.0', paths: {} },
  },
};

/** What runs here and is not published. */
export const program: Options = {
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  // The packages under test as well: what runs is their built dist, as an app would have it.
  external: [/^[^./]/],
  sourcemap: true,
  clean: true,
};
