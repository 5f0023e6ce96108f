import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { type AddOptions, add, loadSchematic, starter } from '../support/schematics.js';

const PACKAGES = join(import.meta.dirname, '../../..');
const SCHEMATICS = join(PACKAGES, 'nest-auth/schematics');
const ORMS = ['none', 'typeorm', 'prisma', 'drizzle'] as const;
const TRANSPORTS = ['bearer', 'cookie', 'both'] as const;

function added(options: AddOptions, given = starter()) {
  const files = { ...given };
  return { ...add(files, options), files };
}

/** The compiler's syntax errors in a file. */
function syntaxErrors(name: string, text: string): string[] {
  const { diagnostics = [] } = ts.transpileModule(text, { fileName: name, reportDiagnostics: true });
  return diagnostics.map(({ messageText }) => `${name}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
}

const choices = ORMS.flatMap((orm) => TRANSPORTS.map((transport) => ({ orm, transport })));

describe.each(choices)('a new app, with $orm and $transport', (options) => {
  const { files } = added(options);

  test('imports the module', () => {
    expect(files['src/app.module.ts']).toContain('imports: [authentication]');
    expect(files['src/app.module.ts']).toContain("from './auth/authentication.js'");
    expect(files['src/auth/authentication.ts']).toContain(`transport: '${options.transport}'`);
  });

  test('has no syntax error and no placeholder in it', () => {
    const sources = Object.entries(files).filter(([path]) => /\.m?[jt]s$/.test(path));
    expect(sources.length).toBeGreaterThan(4);
    expect(sources.flatMap(([path, text]) => syntaxErrors(path, text))).toEqual([]);
    expect(Object.entries(files).filter(([, text]) => /__\w+__|\.template/.test(text))).toEqual([]);
  });

  test('is not changed by a second run', () => {
    const again = { ...files };
    const { log, tasks } = add(again, options);
    expect(again).toEqual(files);
    expect(log).toMatch(/authentication\.ts is there already, so nothing was changed/);
    expect(tasks).toEqual([]);
  });

  test('is not changed by a second run, even if the first file is gone', () => {
    const { 'src/auth/authentication.ts': first, ...rest } = files;
    const again: Record<string, string> = { ...rest };
    add(again, { ...options, ...(options.orm === 'typeorm' ? {} : { orm: 'none' }) });
    for (const [path, text] of Object.entries(rest)) expect([path, again[path]]).toEqual([path, text]);
    expect(first).toBeDefined();
  });
});

describe('relative imports', () => {
  const importsOf = (files: Record<string, string>) =>
    Object.entries(files)
      .filter(([path]) => path.endsWith('.ts'))
      .flatMap(([, text]) => [...text.matchAll(/from '(\.[^']+|supertest\/[^']+)'/g)].map(([, path = '']) => path));

  test.each(ORMS)('end in .js in an ESM app, with %s', (orm) => {
    expect(importsOf(added({ orm }).files).filter((path) => !path.endsWith('.js'))).toEqual([]);
  });

  test.each(ORMS)('have no ending in a CommonJS app, with %s', (orm) => {
    const found = importsOf(added({ orm }, starter({ type: 'commonjs' })).files);
    expect(found.length).toBeGreaterThan(3);
    expect(found.filter((path) => path.endsWith('.js'))).toEqual([]);
  });

  test.each(ORMS)('lead to files that are there, with %s', (orm) => {
    const { files } = added({ orm });
    const wrong = Object.entries(files).flatMap(([path, text]) =>
      [...text.matchAll(/from '(\.[^']+)\.js'/g)]
        .map(([, to = '']) => join(path, '..', `${to}.ts`))
        .filter((to) => !Object.hasOwn(files, to) && !/app\.service|generated\/prisma\/client/.test(to)),
    );
    expect(wrong).toEqual([]);
  });
});

describe('options', () => {
  test('that are misspelt are refused, and nothing is written', () => {
    const files: Record<string, string> = starter();
    const before = { ...files };
    expect(() => add(files, { orm: 'none', trasport: 'cookie' } as AddOptions)).toThrow(
      'There is no option trasport; choose from orm, transport, install. Nothing was changed.',
    );
    expect(files).toEqual(before);
  });

  test('of the CLI itself are not refused', () => {
    const ofCli = { sourceRoot: 'src', skipInstall: true, project: 'app' };
    expect(() => added({ orm: 'none', ...ofCli } as AddOptions)).not.toThrow();
  });
});

describe('secrets', () => {
  test.each(ORMS)('that are missing reach the library, which names all of them, with %s', (orm) => {
    const text = added({ orm }).files['src/auth/authentication.ts'] ?? '';
    for (const name of ['AUTH_ACCESS_SECRET', 'AUTH_REFRESH_SECRET'])
      expect(text).toContain(`get<string>('${name}', '')`);
    expect(text).not.toContain('getOrThrow');
  });

  const variable = (text = '', name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1];

  test('are made for .env, and for nothing else', () => {
    const { files } = added({ orm: 'typeorm' });
    const access = variable(files['.env'], 'AUTH_ACCESS_SECRET') ?? '';
    const refresh = variable(files['.env'], 'AUTH_REFRESH_SECRET') ?? '';
    expect([access, refresh].map((secret) => Buffer.from(secret, 'base64url').length)).toEqual([32, 32]);
    expect(access).not.toBe(refresh);
    const others = Object.entries(files).filter(([path, text]) => path !== '.env' && text.includes(access));
    expect(others).toEqual([]);
    expect(variable(files['.env.example'], 'AUTH_ACCESS_SECRET')).toBe('');
  });

  test('are others in every app', () => {
    expect(added({}).files['.env']).not.toBe(added({}).files['.env']);
  });

  test('that are there stay, and empty ones are filled in', () => {
    const own =
      '# mine\nexport AUTH_ACCESS_SECRET="kept as it is"\nAUTH_REFRESH_SECRET=\nDATABASE_URL=postgres://db/app\n';
    const { files } = added({ orm: 'drizzle' }, { ...starter(), '.env': own });
    expect(files['.env']).toMatch(
      /^# mine\nexport AUTH_ACCESS_SECRET="kept as it is"\nAUTH_REFRESH_SECRET=[\w-]{43}\nDATABASE_URL=postgres:\/\/db\/app\n$/,
    );
  });

  test('are kept out of the repository', () => {
    expect(added({}).files['.gitignore']).toBe('.env\n');
    expect(added({}, { ...starter(), '.gitignore': '/dist' }).files['.gitignore']).toBe('/dist\n.env\n');
    expect(added({}, { ...starter(), '.gitignore': '.env*\n!.env\n' }).files['.gitignore']).toBe(
      '.env*\n!.env\n.env\n',
    );
    for (const line of ['.env', '/.env', '.env*', '.env*\n!.env.example'])
      expect(added({}, { ...starter(), '.gitignore': `${line}\n` }).files['.gitignore']).toBe(`${line}\n`);
  });
});

test('a .env that git may keep already is named', () => {
  const warning = 'git may have .env already';
  expect(added({}, { ...starter(), '.env': 'PORT=1\n' }).log).toContain(warning);
  expect(added({}, { ...starter(), '.env': 'PORT=1\n', '.gitignore': '.env\n' }).log).not.toContain(warning);
  expect(added({}).log).not.toContain(warning);
});

describe('package.json', () => {
  const manifestOf = (options: AddOptions, given = starter()) =>
    JSON.parse(added(options, given).files['package.json'] ?? '');

  test.each([
    [11, '^4.0.0', '^11.0.0'],
    [12, '^12.0.0', '^12.0.0'],
  ])('gets packages for Nest %i', (nest, config, typeorm) => {
    const { dependencies } = manifestOf({ orm: 'typeorm' }, starter({ nest }));
    expect(dependencies).toMatchObject({ '@nestjs/config': config, '@nestjs/typeorm': typeorm });
    expect(Object.keys(dependencies)).toEqual(Object.keys(dependencies).sort());
  });

  test('keeps the versions and scripts that it has', () => {
    const given = starter();
    const own = JSON.parse(given['package.json'] ?? '');
    own.dependencies['@acme/nest-auth'] = 'file:auth.tgz';
    own.devDependencies['drizzle-kit'] = '0.31.0';
    own.scripts['pretest:e2e'] = 'docker compose up -d';
    given['package.json'] = JSON.stringify(own, null, '\t');
    const { files, log } = added({ orm: 'drizzle' }, given);
    const after = JSON.parse(files['package.json'] ?? '');
    expect(after.dependencies['@acme/nest-auth']).toBe('file:auth.tgz');
    expect(after.devDependencies['drizzle-kit']).toBe('0.31.0');
    expect(after.scripts['pretest:e2e']).toBe('docker compose up -d');
    expect(log).toContain('The script "pretest:e2e" is yours; add to it: drizzle-kit migrate');
    expect(files['package.json']).toMatch(/^\{\n\t"name"/);
  });

  test('lets jest load the client of Prisma, unless the script is not the one of the CLI', () => {
    const script = (own: string) => {
      const given = starter();
      given['package.json'] = (given['package.json'] ?? '').replace('vitest run', own);
      return JSON.parse(added({ orm: 'prisma' }, given).files['package.json'] ?? '').scripts['test:e2e'];
    };
    expect(script('jest --config ./test/jest-e2e.json')).toBe(
      'node --experimental-vm-modules ./node_modules/jest/bin/jest.js --config ./test/jest-e2e.json',
    );
    expect(script('jest --config mine.json')).toBe('jest --config mine.json');
  });

  test.each([
    ['npm', {}],
    ['pnpm', { 'pnpm-lock.yaml': '' }],
    ['yarn', { 'yarn.lock': '' }],
  ])('is installed by %s', (packageManager, lock) => {
    const { tasks } = added({}, { ...starter(), ...lock });
    expect(tasks.map((task) => task.toConfiguration())).toEqual([
      { name: 'node-package', options: expect.objectContaining({ command: 'install', packageManager }) },
    ]);
  });

  test('keeps its ends of lines', () => {
    const given = starter();
    given['package.json'] = (given['package.json'] ?? '').replaceAll('\n', '\r\n');
    const text = added({}, given).files['package.json'] ?? '';
    expect(text).toContain('@nestjs/config');
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });

  test('is not installed if the developer does not want it', () => {
    expect(added({ install: false }).tasks).toEqual([]);
  });
});

describe('an app of somebody', () => {
  test('keeps every file that it has', () => {
    const own = { 'test/auth.e2e-spec.ts': '// mine', 'src/database/database.module.ts': '// mine too' };
    const { files, log } = added({ orm: 'drizzle' }, { ...starter(), ...own });
    expect(files).toMatchObject(own);
    expect(log).toContain('test/auth.e2e-spec.ts was there and is left as it is.');
    expect(log).toContain('src/database/database.module.ts was there and is left as it is.');
  });

  test('hears what to do if its root module is not as expected', () => {
    const own = "import { imports } from './imports.js';\n@Module({ imports })\nexport class AppModule {}\n";
    const { files, log } = added({}, { ...starter(), 'src/app.module.ts': own });
    expect(files['src/app.module.ts']).toBe(own);
    expect(log).toContain(
      'src/app.module.ts does not look as expected and is left as it is. Import { authentication }',
    );
    expect(files['src/auth/authentication.ts']).toBeDefined();
  });

  test.each([
    ['another thing of that name', "import { authentication } from './config';\n", 'imports: [load(authentication)]'],
    ['it, and does not use it', "import { authentication } from './auth/authentication';\n", 'imports: []'],
  ])('hears what to do if its root module imports %s', (_, line, imports) => {
    const own = `${line}@Module({ ${imports} })\nexport class AppModule {}\n`;
    const { files, log } = added({}, { ...starter(), 'src/app.module.ts': own });
    expect(files['src/app.module.ts']).toBe(own);
    expect(log).toContain('Import { authentication }');
  });

  test('without semicolons keeps its class in one piece', () => {
    const own = `import { Module } from '@nestjs/common'
import {
  AppController,
} from './app.controller'

@Module({ imports: [], controllers: [AppController] })
export class AppModule {
  private started = 0;
}
`;
    const text = added({}, { ...starter(), 'src/app.module.ts': own }).files['src/app.module.ts'] ?? '';
    expect(syntaxErrors('app.module.ts', text)).toEqual([]);
    expect(text).toContain(
      "from './app.controller'\nimport { authentication } from './auth/authentication';\n\n@Module",
    );
  });

  test('with a file that is not UTF-8 is not changed: writing it would lose letters', () => {
    const { textOf } = loadSchematic<{ textOf(tree: object, path: string): string }>('app.cjs');
    const tree = (bytes: Buffer) => ({ exists: () => true, read: () => bytes });
    expect(textOf(tree(Buffer.from('\uFEFFPASSWORD=é')), '.env')).toBe('\uFEFFPASSWORD=é');
    for (const encoding of ['latin1', 'utf16le'] as const)
      expect(() => textOf(tree(Buffer.from('\uFEFFPASSWORD=é', encoding)), '.env')).toThrow('.env is not UTF-8');
  });

  test('hears that its routes are private', () => {
    expect(added({}).log).toContain('GET / got @Public()');
    const { files, log } = added({}, { ...starter(), 'src/app.controller.ts': '// mine' });
    expect(files['src/app.controller.ts']).toBe('// mine');
    expect(log).toContain('Every route is private now. Add @Public() to those that everybody may call.');
  });

  test('with a connection by TypeORM keeps it', () => {
    const given = starter();
    given['package.json'] = (given['package.json'] ?? '').replace(
      '"@nestjs/core"',
      '"typeorm": "^0.3.20", "@nestjs/core"',
    );
    const { files, log } = added({ orm: 'typeorm' }, given);
    expect(files['src/database/database.module.ts']).toBeUndefined();
    expect(files['src/auth/authentication.ts']).not.toContain('DatabaseModule');
    expect(files['src/auth/authentication.ts']).toContain('inject: [ConfigService, DataSource]');
    expect(log).toContain("Add ...authEntities('postgres')");
  });

  test.each(['prisma', 'drizzle'] as const)('with a client of %s is not changed, and is told why', (orm) => {
    const given = starter();
    const name = { prisma: '@prisma/client', drizzle: 'drizzle-orm' }[orm];
    given['package.json'] = (given['package.json'] ?? '').replace('"@nestjs/core"', `"${name}": "*", "@nestjs/core"`);
    const files = { ...given };
    expect(() => add(files, { orm })).toThrow(`This app uses ${orm} already`);
    expect(files).toEqual(given);
  });

  test('on Fastify gets a test on Fastify', () => {
    const given = starter();
    given['package.json'] = (given['package.json'] ?? '').replace('platform-express', 'platform-fastify');
    const spec = added({}, given).files['test/auth.e2e-spec.ts'];
    expect(spec).toContain("import { FastifyAdapter } from '@nestjs/platform-fastify';");
    expect(spec).toContain('createNestApplication(new FastifyAdapter())');
    expect(spec).toContain('.ready();');
  });

  test('in a monorepo gets its files where its sources are', () => {
    const { 'package.json': manifest = '', ...sources } = starter();
    const moved = Object.entries(sources).map(([path, text]) => [`apps/shop/${path}`, text] as const);
    const given = { 'package.json': manifest, ...Object.fromEntries(moved) };
    const { files } = added({ orm: 'prisma', sourceRoot: 'apps/shop/src' }, given);
    expect(files['apps/shop/src/app.module.ts']).toContain('authentication');
    expect(files['apps/shop/test/auth.e2e-spec.ts']).toContain("from './../src/app.module.js'");
    expect(files['prisma/schema.prisma']).toContain('"../apps/shop/src/generated/prisma"');
  });

  test.each([
    ['without a package.json', {}, 'There is no package.json here'],
    ['of Nest 10', { 'package.json': '{"dependencies":{"@nestjs/core":"^10.0.0"}}' }, 'of version 11 or later'],
    ['without Nest', { 'package.json': '{}' }, 'names no @nestjs/core'],
  ])('%s is refused', (_, files, message) => {
    expect(() => add({ ...files }, {})).toThrow(message);
  });
});

describe('the tables', () => {
  test.each([
    ['typeorm.sql', 'nest-auth-typeorm/migrations/postgres.sql'],
    ['drizzle.sql', 'nest-auth-drizzle/migrations/postgres.sql'],
    ['prisma.sql', 'nest-auth-prisma/migrations/postgres.sql'],
    ['auth.prisma', 'nest-auth-prisma/auth.prisma'],
  ])('of %s are those of the adapter', (copy, original) => {
    const read = (path: string) => readFileSync(join(PACKAGES, path), 'utf8');
    expect(read(`nest-auth/schematics/tables/${copy}`)).toBe(read(original));
  });

  test('come in whole statements with Drizzle', () => {
    const statements = added({ orm: 'drizzle' }).files['drizzle/0000_auth_tables.sql']?.split(
      '--> statement-breakpoint',
    );
    expect(
      statements?.map(
        (one) =>
          one
            .replace(/^--.*$/gm, '')
            .trim()
            .split(/\s/)[0],
      ),
    ).toEqual(expect.arrayContaining(['CREATE']));
    expect(statements?.filter((one) => (one.match(/;\s*$/gm) ?? []).length !== 1)).toEqual([]);
  });
});

test('imports nothing but Node and itself, so that every CLI can run it', () => {
  const files = readdirSync(SCHEMATICS).filter((name) => name.endsWith('.cjs'));
  const imports = files.flatMap((name) => [
    ...readFileSync(join(SCHEMATICS, name), 'utf8').matchAll(/\brequire\('([^']+)'\)|\bfrom '([^']+)'|\bimport\(/g),
  ]);
  expect(files.length).toBeGreaterThan(3);
  expect(imports.length).toBeGreaterThan(5);
  expect(imports.map(([, name]) => name).filter((name) => !/^(node:|\.{1,2}\/)/.test(name ?? ''))).toEqual([]);
});
