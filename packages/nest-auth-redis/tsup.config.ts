import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts' },
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  external: ['@acme/nest-auth'],
  splitting: false,
  sourcemap: true,
  clean: true,
  dts: {
    // The declarations name the core by its package; its sources are only for the tests and the type check.
    // tsup hands the declaration build a baseUrl, which TypeScript 6 reports as deprecated.
    compilerOptions: { ignoreDeprecations: '6.0', paths: {} },
  },
});
