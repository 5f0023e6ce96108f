import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['src/main.ts', 'src/subjects/*.ts'],
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  // The packages under test as well: what runs is their built dist, as an app would have it.
  external: [/^[^./]/],
  sourcemap: true,
  clean: true,
});
