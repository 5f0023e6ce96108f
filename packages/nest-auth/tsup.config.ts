import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    index: 'src/index.ts',
    argon2: 'src/hashers/argon2-hasher.ts',
    openapi: 'src/openapi/index.ts',
    testing: 'src/testing/index.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  // Subpath entries reach the root through its own name, so each format holds every class exactly once.
  external: ['@acme/nest-auth'],
  splitting: false,
  // import.meta.url in the CommonJS build as well.
  shims: true,
  // Jest cannot import() from CommonJS.
  esbuildOptions(options, { format }) {
    if (format === 'cjs') options.supported = { ...options.supported, 'dynamic-import': false };
  },
  sourcemap: true,
  clean: true,
  dts: {
    // tsup hands the declaration build a baseUrl, which TypeScript 6 reports as deprecated.
    compilerOptions: { ignoreDeprecations: '6.0' },
  },
});
