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
  esbuildOptions(options, { format }) {
    if (format !== 'cjs') return;
    // Jest cannot import() from CommonJS.
    options.supported = { ...options.supported, 'dynamic-import': false };
    // CommonJS does not read it (bcrypt-threads.ts).
    options.logOverride = { ...options.logOverride, 'empty-import-meta': 'silent' };
  },
  sourcemap: true,
  clean: true,
  dts: {
    // tsup hands the declaration build a baseUrl, which TypeScript 6 reports as deprecated.
    compilerOptions: { ignoreDeprecations: '6.0' },
  },
});
