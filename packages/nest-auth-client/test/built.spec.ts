import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const run = promisify(execFile);
const PACKAGE = resolve(import.meta.dirname, '..');
const LIMIT = 2048;
const STEP_UP_LIMIT = 384;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nest-auth-client-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The output of an app's bundler for an import of these names. */
async function bundle(names: string): Promise<string> {
  const name = names.replace(/\W+/g, '-');
  const entry = join(folder, `${name}.ts`);
  await writeFile(entry, `export { ${names} } from ${JSON.stringify(join(PACKAGE, 'src/index.ts'))};\n`);
  const tsup = join(PACKAGE, 'node_modules/tsup/dist/cli-default.js');
  const options = ['--no-config', '--format', 'esm', '--minify', '--platform', 'browser', '--target', 'es2022'];
  await run(
    process.execPath,
    [tsup, entry, ...options, '--out-dir', join(folder, 'out'), '--tsconfig', join(PACKAGE, 'tsconfig.json')],
    { cwd: folder },
  );
  for (const extension of ['js', 'mjs']) {
    const code = await readFile(join(folder, 'out', `${name}.${extension}`), 'utf8').catch(() => undefined);
    if (code !== undefined) return code;
  }
  throw new Error(`${name} was not built.`);
}

test('the client weighs no more than 2 KB, and bearer tokens weigh nothing in an app that has cookies', async () => {
  const core = await bundle('createAuthClient, AuthClientError');
  const all = await bundle('createAuthClient, AuthClientError, bearer');
  const size = gzipSync(core, { level: 9 }).length;
  console.log(`${size} bytes with gzip, ${gzipSync(all, { level: 9 }).length} with bearer`);
  expect(core).toContain('"refresh"');
  expect(size).toBeLessThanOrEqual(LIMIT);
  expect(core).not.toContain('access_token:');
  expect(all).toContain('access_token:');
});

test('stepUp weighs little, and nothing in an app that does not use it', async () => {
  const core = await bundle('createAuthClient, AuthClientError');
  const all = await bundle('createAuthClient, AuthClientError, stepUp');
  const own = gzipSync(all, { level: 9 }).length - gzipSync(core, { level: 9 }).length;
  console.log(`${own} bytes with gzip for stepUp`);
  expect(core).not.toContain('insufficient_user_authentication');
  expect(all).toContain('insufficient_user_authentication');
  expect(own).toBeLessThanOrEqual(STEP_UP_LIMIT);
});

test('a client with a listener does not keep its program running', async () => {
  const client = join(folder, 'client.mjs');
  await writeFile(client, await bundle('createAuthClient, bearer'));
  const program = join(folder, 'program.mjs');
  await writeFile(
    program,
    `import { bearer, createAuthClient } from './client.mjs';
for (const transport of [undefined, bearer(), bearer({ get: () => null, set: () => {}, shared: true })]) {
  const auth = createAuthClient({ url: 'http://127.0.0.1:9/auth', transport });
  auth.on('session-ended', () => {});
  await auth.login({}).catch(({ code }) => console.log(code));
}
createAuthClient({ url: '/auth' }).on('session-ended', () => {});
`,
  );
  const { stdout } = await run(process.execPath, [program], { timeout: 8_000 });
  expect(stdout).toBe('no_answer\n'.repeat(3));
});
