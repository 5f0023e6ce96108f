import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const FOLDER = 'packages/nest-auth/src/features/inspector';

/** The page of the inspector as texts: its script and styles in one file each, because the library serves them itself. */
export async function inspectorPage(root) {
  const page = join(root, FOLDER, 'page');
  // The esbuild that tsup brings.
  const require = createRequire(createRequire(join(root, 'packages/nest-auth/package.json')).resolve('tsup'));
  const { outputFiles } = await require('esbuild').build({
    absWorkingDir: page,
    entryPoints: ['main.ts', 'styles.css'],
    outdir: '.',
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    charset: 'ascii',
  });
  const built = (end) => outputFiles.find(({ path }) => path.endsWith(end)).text.trim();
  const read = (name) => readFileSync(join(page, name), 'utf8').trim();
  const texts = { HTML: read('index.html'), ICON: read('icon.svg'), SCRIPT: built('.js'), STYLES: built('.css') };
  const lines = Object.entries(texts).map(([name, text]) => `export const ${name} = ${JSON.stringify(text)};`);
  const head = '// Made by `npm run reference` from the files in page/.';
  return { [`${FOLDER}/page-files.ts`]: `${[head, ...lines].join('\n')}\n` };
}
