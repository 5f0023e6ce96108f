import { defineConfig } from 'tsup';

export default defineConfig({
  entry: ['main.ts'],
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  clean: true,
});
