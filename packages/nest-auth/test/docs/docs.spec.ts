import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { AuthFeature } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

const PACKAGE = resolve(import.meta.dirname, '../..');
const ROOT = resolve(PACKAGE, '../..');
const SOURCE = join(PACKAGE, 'src');

const PAGES = [
  'README.md',
  'packages/nest-auth-client/README.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** A ```ts block of a page. `<!-- with: … -->` directly above holds code that is compiled before it and not shown. */
interface Block {
  readonly page: string;
  /** The number of the block's first line of code, counted from 1. */
  readonly line: number;
  readonly hidden: string;
  readonly code: string;
}

const BLOCK = /(?:<!-- with:(?<hidden>(?:(?!-->)[\s\S])*)-->\n+)?^```ts\n(?<code>[\s\S]*?)^```$/gm;

function blocksOf(page: string): Block[] {
  const text = read(page);
  return [...text.matchAll(BLOCK)].map(({ index, groups: { hidden = '', code = '' } = {}, 0: whole }) => ({
    page,
    line: text.slice(0, index + whole.indexOf('```ts')).split('\n').length + 1,
    hidden,
    code,
  }));
}

function featureFiles(end: string): string[] {
  return readdirSync(join(SOURCE, 'features'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(end))
    .map((name) => join('features', name));
}

/** Every feature, made as an app makes it. */
const FEATURES: AuthFeature[] = [];
for (const file of featureFiles('.feature.ts')) {
  const module: Readonly<Record<string, () => AuthFeature>> = await import(join(SOURCE, file));
  FEATURES.push(...Object.values(module).map((make) => make()));
}

const BLOCKS = PAGES.flatMap(blocksOf);

const { options: SETTINGS } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(PACKAGE, 'tsconfig.json'), ts.sys.readFile).config,
  ts.sys,
  PACKAGE,
);
/** Packages that an app has and the library does not. */
const OF_APPS = {
  '@nestjs/apollo': 'transports/node_modules/@nestjs/apollo/dist/index',
  '@nestjs/graphql': 'transports/node_modules/@nestjs/graphql/dist/index',
  '@nestjs/mercurius': 'transports/node_modules/@nestjs/mercurius/dist/index',
  '@node-saml/passport-saml': 'enterprise/node_modules/@node-saml/passport-saml/lib/index',
  'graphql-ws': 'transports/node_modules/graphql-ws/dist/index',
  ldapts: 'enterprise/node_modules/ldapts/dist/index',
  'openid-client': 'social/node_modules/openid-client/build/index',
  'openid-client/passport': 'social/node_modules/openid-client/build/passport',
  'passport-google-oauth20': 'social/node_modules/@types/passport-google-oauth20/index',
  typeorm: '../packages/nest-auth-typeorm/node_modules/typeorm/index',
};
const OPTIONS: ts.CompilerOptions = {
  ...SETTINGS,
  paths: {
    ...SETTINGS.paths,
    ...Object.fromEntries(Object.entries(OF_APPS).map(([name, path]) => [name, [`./tests/${path}.d.ts`]])),
  },
};
// The library's files and Nest's are parsed once for all programs.
const parsed = new Map<string, ts.SourceFile | undefined>();

/** What the compiler says about the blocks, as `page:line message`. */
function problemsOf(blocks: readonly Block[]): string[] {
  const virtual = new Map(blocks.map((block, index) => [join(PACKAGE, `docs-block-${index}.ts`), block]));
  // A block is a module even if it imports nothing; hidden code stays on the lines before it.
  const textOf = ({ hidden, code }: Block) => `${hidden}\nexport {};\n${code}`;
  const host = ts.createCompilerHost(OPTIONS);
  const fromDisk = host.getSourceFile;
  host.fileExists = (name) => virtual.has(name) || ts.sys.fileExists(name);
  host.getSourceFile = (name, version) => {
    const block = virtual.get(name);
    if (block) return ts.createSourceFile(name, textOf(block), version);
    if (!parsed.has(name)) parsed.set(name, fromDisk(name, version));
    return parsed.get(name);
  };
  const program = ts.createProgram([...virtual.keys()], OPTIONS, host);
  return [...virtual].flatMap(([name, block]) => {
    const file = program.getSourceFile(name);
    const before = block.hidden.split('\n').length + 1;
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((diagnostic) => {
      const { line } = file!.getLineAndCharacterOfPosition(diagnostic.start ?? 0);
      const message = ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ');
      return `${block.page}:${block.line + line - before} ${message}`;
    });
  });
}

describe('every code block', () => {
  const augments = ({ code }: Block) => code.includes('declare module');

  test('compiles', () => {
    expect(BLOCKS.length).toBeGreaterThan(10);
    expect(problemsOf(BLOCKS.filter((block) => !augments(block)))).toEqual([]);
  });

  // An augmentation applies to a whole program, so each block with one is a program of its own.
  test.each(BLOCKS.filter(augments))(
    'with an augmentation compiles: $page:$line',
    (block) => {
      expect(problemsOf([block])).toEqual([]);
    },
    60_000,
  );

  test('is found wrong when it is', () => {
    const block = { page: 'README.md', line: 7, hidden: "\nimport { Roles } from '@acme/nest-auth';\n" };
    expect(problemsOf([{ ...block, code: 'const one = 1;\nRoles(one);\n' }])).toEqual([
      expect.stringMatching(/^README\.md:8 Argument of type 'number'/),
    ]);
  });
});

describe('the tables', () => {
  const rowsOf = (page: string): string[] =>
    read(page)
      .split('\n')
      .filter((line) => line.startsWith('| `'));
  const firstCells = (page: string): string[] => rowsOf(page).flatMap((row) => row.match(/^\| `([^`]+)`/)?.[1] ?? []);

  /** The first cells of the table with this head, without code marks and links. */
  const cellsBelow = (page: string, head: string, count: number): string[][] => {
    const [table = ''] = (read(page).split(`\n${head}`)[1] ?? '').split('\n\n');
    const cellsOf = (row: string) => row.split(' |').map((cell) => cell.replace(/^\|? \[?`([^`]*)`.*/, '$1').trim());
    return table
      .split('\n')
      .filter((line) => line.startsWith('| `'))
      .map((row) => cellsOf(row).slice(0, count))
      .sort();
  };

  test('of docs/reference/errors.md have every code with its status, and no other', () => {
    const own = [...declared('core/errors/error-codes.ts', 'CODES')].map(([code, text]) => {
      return [code, /status: (\d{3}),/.exec(text)?.[1]];
    });
    const added = FEATURES.flatMap(({ name, codes = {} }) =>
      Object.entries(codes).map(([code, { status }]) => [code, name, String(status)]),
    );
    expect(added.length).toBeGreaterThan(0);
    expect(cellsBelow('docs/reference/errors.md', '| code | status |', 2)).toEqual(own.sort());
    expect(cellsBelow('docs/reference/errors.md', '| code | feature |', 3)).toEqual(added.sort());
  });

  test('of docs/reference/errors.md have every code that a feature declares', () => {
    const names = featureFiles('.ts').flatMap((path) => membersDeclared(path, 'AuthErrorCodes'));
    const documented = cellsBelow('docs/reference/errors.md', '| code | feature |', 1).flat();
    expect(names.sort()).toEqual(documented);
  });

  test("of docs/reference/errors.md have every feature's limits", () => {
    const limited = FEATURES.flatMap(({ name, limits = {} }) =>
      Object.entries(limits).map(([limit, { points, duration }]) => [limit, name, String(points), String(duration)]),
    );
    expect(limited.length).toBeGreaterThan(0);
    expect(cellsBelow('docs/reference/errors.md', '| limit | feature |', 4)).toEqual(limited.sort());
  });

  test('of the reference have every option that README.md names', () => {
    const options = firstCells('docs/reference/options.md');
    expect(options.length).toBeGreaterThan(50);
    const named = namesIn(section('README.md', '## Options'), /`([a-z]\w*\.\w+)`/g);
    expect(named.length).toBeGreaterThan(3);
    expect(named.filter((name) => !options.includes(name))).toEqual([]);
  });

  test('of docs/reference/decorators.md have every decorator', () => {
    const source = readFileSync(join(SOURCE, 'guards/auth.decorators.ts'), 'utf8');
    const decorators = [...source.matchAll(/^export const (\w+)/gm)].map(([, name]) => `@${name}`);
    expect(namesIn(read('docs/reference/decorators.md'), /^\| `(@\w+)/gm)).toEqual(decorators.sort());
  });

  test('of docs/reference/events.md have every event of the library and its features', () => {
    const sources = ['core/auth-event.ts', ...featureFiles('.ts')];
    const events = sources.flatMap((path) => membersDeclared(path, 'AuthEventFields'));
    expect(events).toEqual(expect.arrayContaining(['logged_in', 'password_reset']));
    expect(namesIn(section('docs/reference/events.md', '## All events'), /^\| `(\w+)/gm)).toEqual(events.sort());
  });

  test('of docs/reference/routes.md have every route', () => {
    const routes = ['auth', 'jwks'].flatMap((name) => {
      const source = readFileSync(join(SOURCE, `routes/${name}.controller.ts`), 'utf8');
      const prefix = name === 'auth' ? '/auth' : '/.well-known';
      return [...source.matchAll(/^ {2}@(Get|Post|Put|Patch|Delete)\('([^']*)'\)/gm)].map(
        ([, method = '', path]) => `${method.toUpperCase()} ${prefix}/${path}`,
      );
    });
    expect(routes.length).toBeGreaterThan(5);
    expect(namesIn(read('docs/reference/routes.md'), /^\| `([A-Z]+ [^`]+)`/gm)).toEqual(routes.sort());
  });

  test.each([
    ['AuthService', 'core/login/auth-service.ts'],
    ['SessionService', 'core/sessions/session-service.ts'],
    ['TokenService', 'core/tokens/token-service.ts'],
    ['TokenVerifier', 'core/tokens/token-verifier.ts'],
    ['AuthEvents', 'core/auth-event.ts'],
    ['OneTimeTokens', 'core/one-time/one-time-token.ts'],
    ['Questions', 'core/one-time/questions.ts'],
    ['Challenges', 'core/login/challenges.ts'],
    ['Limits', 'core/limits/limits.ts'],
    ['ShortCookies', 'http/short-cookies.ts'],
    ['BackgroundTasks', 'core/resilience/background-tasks.ts'],
    ['AuthStatus', 'module/auth-status.ts'],
  ])('of docs/reference/services.md have every method of %s', (name, file) => {
    const documented = namesIn(section('docs/reference/services.md', `## ${name}`), /^\| `(\w+)\(/gm);
    expect(documented).toEqual(methodsOf(name, file).sort());
  });
});

describe('every reference', () => {
  const packages = readdirSync(join(ROOT, 'packages'));
  const readmes = packages.map((name) => `packages/${name}/README.md`).filter((page) => existsSync(join(ROOT, page)));
  const others = [
    'CONTRIBUTING.md',
    'SECURITY.md',
    'bench/README.md',
    'tests/system/README.md',
    'tests/browser/README.md',
    'tests/enterprise/README.md',
  ];
  const pages = [...new Set([...PAGES, ...readmes, ...others])];
  // This file is written when the package is packed.
  const authored = pages.filter((page) => page !== 'packages/nest-auth/README.md');

  test('of a link is a file of the repository, and a heading of that file', () => {
    const broken = authored.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)]
        .filter(([, target = '', anchor]) => {
          const path = target === '' ? page : join(dirname(page), target);
          return !existsSync(join(ROOT, path)) || (anchor !== undefined && !anchorsOf(path).includes(anchor));
        })
        .map(([link]) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });

  test.each(['packages', 'scripts', 'tests', 'bench', 'examples'])(
    'of the code in %s to a page is a page',
    (folder) => {
      const files = codeBelow(folder);
      const missing = files.flatMap((file) =>
        [...read(file).matchAll(/\bdocs\/[\w/-]+\.md\b/g)]
          .filter(([page]) => !existsSync(join(ROOT, page)))
          .map(([page]) => `${file}: ${page}`),
      );
      expect(files.length).toBeGreaterThan(0);
      expect(missing).toEqual([]);
    },
  );

  // The guides are not in the packages.
  test('of a message to a guide is an address in the repository of the package', () => {
    const { repository } = JSON.parse(read('packages/nest-auth/package.json')) as { repository: { url: string } };
    const guides = `${repository.url.replace(/^git\+|\.git$/g, '')}/blob/main/docs/guides/`;
    const named = codeBelow('packages')
      .filter((file) => /\/(src|schematics)\//.test(file) && !file.endsWith('.spec.ts'))
      .flatMap((file) => [...read(file).matchAll(/\S*\bdocs\/guides\//g)].map(([start]) => `${file}: ${start}`));
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((one) => !one.includes(guides))).toEqual([]);
  });
});

/** Source files of a folder, without those of packages, builds and running tests. */
function codeBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return /^(\..*|node_modules|dist)$/.test(entry.name) ? [] : codeBelow(path);
    return /\.[cm]?[jt]s$/.test(entry.name) ? [path] : [];
  });
}

/** The anchors that GitHub makes from headings. */
function anchorsOf(page: string): string[] {
  const headings = read(page)
    .replace(/^```[\s\S]*?^```$/gm, '')
    .matchAll(/^#{1,6} (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function namesIn(text: string, row: RegExp): string[] {
  return [...text.matchAll(row)].map(([, name = '']) => name).sort();
}

/** The methods of a class that are not private, once each. */
function methodsOf(name: string, file: string): string[] {
  for (const node of parse(file).statements) {
    if (!ts.isClassDeclaration(node) || node.name?.text !== name) continue;
    const names = node.members
      .filter(ts.isMethodDeclaration)
      .filter((method) => !ts.isPrivateIdentifier(method.name))
      .map((method) => method.name.getText());
    return [...new Set(names)];
  }
  throw new Error(`${file} has no class ${name}.`);
}

/** The part of a page under a heading, up to the next of its level. */
function section(page: string, heading: string): string {
  const [, rest = ''] = read(page).split(`\n${heading}\n`);
  return rest.split('\n## ')[0] ?? '';
}

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(join(SOURCE, path), 'utf8'), ts.ScriptTarget.Latest, true);
}

/** Names of the members of an interface, in every source that declares it. */
function membersDeclared(path: string, name: string): string[] {
  const names: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isInterfaceDeclaration(node) && node.name.text === name)
      names.push(...node.members.map((member) => member.name?.getText() ?? ''));
    ts.forEachChild(node, visit);
  };
  visit(parse(path));
  return names;
}

/** Keys and source text of an object literal: `const NAME = { key: value }`. */
function declared(path: string, name: string): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === name && node.initializer) {
      let literal: ts.Expression = node.initializer;
      while (ts.isAsExpression(literal) || ts.isSatisfiesExpression(literal)) literal = literal.expression;
      if (!ts.isObjectLiteralExpression(literal)) return;
      for (const property of literal.properties) {
        if (ts.isPropertyAssignment(property)) found.set(property.name.getText(), property.initializer.getText());
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(parse(path));
  return found;
}
