import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transformSync } from '@swc/core';

const PACKAGE = join(import.meta.dirname, '..');
const SOURCES = join(PACKAGE, 'src/policy-app');
const CLI = join(PACKAGE, 'node_modules/@acme/nest-auth/dist/cli.js');
// Below the package, where the app's dependencies are found.
const ROOT = join(PACKAGE, `.policy-apps-${process.pid}`);

/** The expected list of the app. The command never builds the database, the settings and the options. */
const LOCK = {
  'GET /api/v1/team/notes': 'authenticated',
  'POST /api/v1/team/notes': 'authenticated',
  'DELETE /api/v1/team/notes/:id': 'authenticated; roles admin or editor',
  'GET /health': 'public',
};

function build(name: 'esm' | 'commonjs' | 'stale-esm'): string {
  const folder = join(ROOT, name);
  mkdirSync(join(folder, 'dist'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: name === 'commonjs' ? 'commonjs' : 'module' }));
  for (const file of readdirSync(SOURCES)) {
    const { code } = transformSync(readFileSync(join(SOURCES, file), 'utf8'), {
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        target: 'es2022',
      },
      module: { type: name === 'commonjs' ? 'commonjs' : 'es6' },
      swcrc: false,
    });
    writeFileSync(join(folder, 'dist', file.replace('.ts', '.js')), code);
  }
  return folder;
}

/** One file, as webpack makes it, without `node_modules` or with them. */
async function bundle(folder: string, name: string, options: object = { packages: 'external' }): Promise<string> {
  const into = join(ROOT, name);
  const { build } = createRequire(createRequire(import.meta.url).resolve('tsup'))('esbuild');
  await build({
    entryPoints: [join(folder, 'dist/main.js')],
    outfile: join(into, 'dist/main.js'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    // Not the sources of the library, which the type check finds.
    tsconfigRaw: '{}',
    ...options,
  });
  writeFileSync(join(into, 'package.json'), '{}');
  return into;
}

function run(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    const options = { cwd: folder, env: { ...process.env, ...env }, timeout: 100_000 };
    execFile(process.execPath, [CLI, 'policy', ...args], options, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, out, err }),
    );
  });
}

const lockOf = (folder: string) => JSON.parse(readFileSync(join(folder, 'auth-policy.json'), 'utf8'));

const apps = { esm: '', commonjs: '', bundle: '' };
beforeAll(async () => {
  apps.esm = build('esm');
  apps.commonjs = build('commonjs');
  apps.bundle = await bundle(apps.esm, 'bundle');
});
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

test('a build that is older than a source is listed with a warning', async () => {
  const folder = build('stale-esm');
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src/notes.ts'), '');
  // Later than the build by more than the resolution of any file system's clock.
  const later = Date.now() / 1000 + 60;
  utimesSync(join(folder, 'src/notes.ts'), later, later);
  const { code, err } = await run(folder, []);
  expect(err).toContain(`${join('src', 'notes.ts')} is newer than the build in dist. Build the app first.\n`);
  expect(code).toBe(0);
});

describe.each(Object.keys(apps) as (keyof typeof apps)[])('an app built as %s', (kind) => {
  test('is listed without its database, its options and its port', async () => {
    const { code, out, err } = await run(apps[kind], []);
    expect([code, out, err]).toEqual([0, 'Wrote 4 handlers to auth-policy.json.\n', 'This is not part of any list.\n']);
    expect(lockOf(apps[kind])).toEqual(LOCK);
    expect(Object.keys(lockOf(apps[kind]))).toEqual(Object.keys(LOCK));
  });

  test('fails its check as soon as somebody opens a route, and shows which', async () => {
    writeFileSync(join(apps[kind], 'given.json'), JSON.stringify(LOCK));
    const { code, out } = await run(apps[kind], ['--check', '--file', 'given.json'], { OPEN: '1' });
    expect(code).toBe(1);
    expect(out.split('\n')).toEqual([
      'The policies are not those of given.json:',
      '',
      '- GET /api/v1/team/notes: authenticated',
      '+ GET /api/v1/team/notes: public',
      '',
      'If this is meant, write it with: npx nest-auth policy',
      '',
    ]);
  });
});

describe('the command', () => {
  test('has the same list on Fastify', async () => {
    writeFileSync(join(apps.esm, 'given.json'), JSON.stringify(LOCK));
    const { code, out } = await run(apps.esm, ['dist/main.js', '--check', '--file', 'given.json'], { HTTP: 'fastify' });
    expect([code, out]).toEqual([0, 'No change: given.json lists 4 handlers.\n']);
  });

  test('prints a table for people, and nothing of what main.ts prints', async () => {
    const { code, out } = await run(apps.commonjs, ['--table']);
    expect([code, out.split('\n')]).toEqual([
      0,
      [
        'handler                        who may call it                       said by  method',
        'GET /health                    public                                method   HealthController.check',
        'GET /api/v1/team/notes         authenticated                         method   NotesController.list',
        'POST /api/v1/team/notes        authenticated                         nobody   NotesController.create',
        'DELETE /api/v1/team/notes/:id  authenticated; roles admin or editor  method   NotesController.remove',
        '',
        '4 handlers, 1 of them open, 0 findings',
        '',
      ],
    ]);
  });

  test('draws roles and routes', async () => {
    const { code } = await run(apps.commonjs, ['--graph', '--output', 'policy.svg']);
    const svg = readFileSync(join(apps.commonjs, 'policy.svg'), 'utf8');
    expect([code, svg.startsWith('<svg '), svg.endsWith('</svg>\n')]).toEqual([0, true, true]);
    expect([...svg.matchAll(/class="(\w+)".*?<title>(.*?)</g)].map(([, kind, title]) => `${kind} ${title}`)).toEqual([
      'open GET /health: everybody',
      'users GET /api/v1/team/notes: every user',
      'users POST /api/v1/team/notes: every user',
      'role DELETE /api/v1/team/notes/:id: role admin',
      'role DELETE /api/v1/team/notes/:id: role editor',
    ]);
  });

  test('refuses to guess a prefix that only a provider knows', async () => {
    const { code, err } = await run(apps.esm, ['--check'], { UNKNOWN_PREFIX: '1' });
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/app\.setGlobalPrefix\(…\) gets a value of app\.get\(Settings\)\.get\(\).*--full/),
    ]);
  });

  test('builds the providers with --full', async () => {
    const { code, err } = await run(apps.esm, ['--full', '--check']);
    expect([code, err]).toEqual([
      2,
      expect.stringMatching(/failed before it listened:\nError: the (?:settings were built|database was connected)/),
    ]);
  });

  test.each<[string, readonly string[], Record<string, string>, RegExp]>([
    [
      'an app that fails',
      ['--check'],
      { BROKEN: '1' },
      /The app failed before it listened:\nError: main\.ts is broken/,
    ],
    ['an entry that makes no app', ['dist/database.module.js'], {}, /has run without NestFactory\.create/],
    ['a lockfile that is not there', ['--check', '--file', 'none.json'], {}, /There is no none\.json; write it with/],
  ])('explains %s', async (_, args, env, message) => {
    const { code, err } = await run(apps.esm, args, env);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });

  // The list of such an app would lack what main.ts does after its error, such as the prefix.
  describe.each(['printed', 'exit'])('of an app whose main.ts catches its errors (%s)', (CAUGHT) => {
    test.each<[string, readonly string[], Record<string, string>, RegExp]>([
      [
        'explains a boot that fails',
        ['--full'],
        {},
        /^The app failed before it listened:\nError: the (?:settings|database)/,
      ],
      [
        'explains what only a provider knows',
        [],
        { UNKNOWN_PREFIX: '1' },
        /\napp\.setGlobalPrefix\(…\) gets a value of/,
      ],
      [
        'does not list half an app',
        [],
        { BROKEN: '1' },
        /\n\S+main\.js (?:made an app, but it neither|called process\.exit\(1\))/,
      ],
    ])('%s', async (_, args, env, message) => {
      const { code, out, err } = await run(apps.esm, [...args, '--file', 'caught.json'], { ...env, CAUGHT });
      expect([code, out, err]).toEqual([2, '', expect.stringMatching(message)]);
      expect(existsSync(join(apps.esm, 'caught.json'))).toBe(false);
    });
  });

  test('advises --full only if it was not given', async () => {
    const advice = 'run with --full';
    expect((await run(apps.esm, ['--check'], { BROKEN: '1' })).err).toContain(advice);
    expect((await run(apps.esm, ['--check', '--full'])).err).not.toContain(advice);
  });

  test('ends, even if the app exits by itself when it ends', async () => {
    expect(await run(apps.esm, ['--table'], { EXITS: '1' })).toMatchObject({
      code: 3,
      err: 'This is not part of any list.\n',
    });
  });

  test('has stand-ins for the providers of one module, too', async () => {
    writeFileSync(join(apps.esm, 'given.json'), JSON.stringify(LOCK));
    const { code, err } = await run(apps.esm, ['--check', '--file', 'given.json'], { SELECTED: '1' });
    expect([code, err]).toEqual([0, 'This is not part of any list.\n']);
  });

  test('refuses a bundle with Nest in it, minified too, because that would listen', async () => {
    const external = ['@acme/*', '@nestjs/microservices', '@nestjs/platform-*', '@nestjs/websockets', 'class-*'];
    const whole = await bundle(apps.esm, 'whole', { minify: true, external, logLevel: 'error' });
    const { code, err } = await run(whole, []);
    expect([code, err]).toEqual([2, expect.stringContaining('is a bundle with @nestjs/core in it')]);
  });

  test('lists an app that is made and never listens, such as that of a serverless function', async () => {
    writeFileSync(join(apps.esm, 'given.json'), JSON.stringify(LOCK));
    const { code, err } = await run(apps.esm, ['--check', '--file', 'given.json'], { NEVER: '1' });
    expect([code, err]).toEqual([0, 'This is not part of any list.\n']);
  });
});
