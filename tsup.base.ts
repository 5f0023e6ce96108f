import type { Options } from 'tsup';

/** The build settings of every published package. */
export const library: Options = {
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  // Subpaths and adapters import the library by its name, so each format contains every class exactly once.
  external: ['@acme/nest-auth'],
  splitting: false,
  sourcemap: true,
  clean: true,
  dts: {
    // The declarations import the library by its package name, so adapters are built against the types that apps have.
    // tsup passes a baseUrl to the declaration build, which TypeScript 6 reports as deprecated.
    compilerOptions: { ignoreDeprecations: '6.0', paths: {} },
  },
};

/** The build settings of packages that run here and are not published. */
export const program: Options = {
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  // The packages under test are external, too: the tests run their built dist, as an app would.
  external: [/^[^./]/],
  sourcemap: true,
  clean: true,
};
