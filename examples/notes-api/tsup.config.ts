import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { defineConfig } from 'tsup';
import { bundlePage } from './src/page/page-bundle.js';

const SOURCES = new URL('./page/', import.meta.url);
const BUILT = new URL('./dist/page/', import.meta.url);

export default defineConfig({
  entry: ['src/main.ts'],
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  clean: true,
  async onSuccess() {
    await mkdir(BUILT, { recursive: true });
    for (const [name, text] of await bundlePage(SOURCES)) await writeFile(new URL(name, BUILT), text);
    for (const name of ['index.html', 'icon.svg']) await copyFile(new URL(name, SOURCES), new URL(name, BUILT));
  },
});
