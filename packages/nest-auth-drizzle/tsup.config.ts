import { defineConfig } from 'tsup';

export default defineConfig({
  entry: {
    pg: 'src/pg/index.ts',
    mysql: 'src/mysql/index.ts',
    sqlite: 'src/sqlite/index.ts',
  },
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'node',
  splitting: false,
  sourcemap: true,
  clean: true,
  dts: {
    // tsup hands the declaration build a baseUrl, which TypeScript 6 reports as deprecated.
    compilerOptions: { ignoreDeprecations: '6.0' },
  },
});
