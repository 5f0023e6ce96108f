import { fileURLToPath } from 'node:url';

/** Makes the page's script and styles from its sources, by their names. */
export async function bundlePage(sources: URL): Promise<Map<string, string>> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(sources),
    entryPoints: { page: 'main.ts', styles: 'styles.css' },
    outdir: '.',
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    // Where Node finds the client: `npm start` runs it from its sources.
    alias: { '@acme/nest-auth-client': fileURLToPath(import.meta.resolve('@acme/nest-auth-client')) },
  });
  return new Map(outputFiles.map(({ path, text }) => [path.replace(/^.*[\\/]/, ''), text]));
}
