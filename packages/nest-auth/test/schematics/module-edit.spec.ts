import { describe, expect, test } from '@jest/globals';
import { loadSchematic } from '../support/schematics.js';

interface Wanted {
  readonly module: string;
  readonly name: string;
  readonly from: string;
}

const { withImport, withPublicHello, rootModuleOf } = loadSchematic<{
  withImport(text: string, wanted: Wanted): string | undefined;
  withPublicHello(text: string): string | undefined;
  rootModuleOf(main: string): { name: string; file: string } | undefined;
}>('module-edit.cjs');

const WANTED: Wanted = { module: 'AppModule', name: 'authentication', from: './auth/authentication.js' };
const LINE = "import { authentication } from './auth/authentication.js';";
const edit = (text: string) => withImport(text, WANTED);
/** A module with this metadata, after the edit. */
const edited = (metadata: string) =>
  edit(`@Module(${metadata})\nexport class AppModule {}\n`)?.replace(`${LINE}\n`, '');

describe('a module gets the import', () => {
  test.each([
    ['an empty list', '{ imports: [] }', '{ imports: [authentication] }'],
    ['a list on one line', '{ imports: [A, B.forRoot([1])] }', '{ imports: [A, B.forRoot([1]), authentication] }'],
    [
      'a list on several lines',
      '{\n  imports: [\n    A,\n    B.forRoot({\n      c: 1,\n    }),\n  ],\n}',
      '{\n  imports: [\n    A,\n    B.forRoot({\n      c: 1,\n    }),\n    authentication,\n  ],\n}',
    ],
    [
      'a list without a last comma',
      '{\n  imports: [\n    A,\n    B\n  ],\n}',
      '{\n  imports: [\n    A,\n    B,\n    authentication,\n  ],\n}',
    ],
    ['a list with a comma at the end', '{ imports: [A,] }', '{ imports: [A, authentication] }'],
    [
      'an entry on several lines',
      '{\n  imports: [B.forRoot({\n    c: 1,\n  })],\n}',
      '{\n  imports: [B.forRoot({\n    c: 1,\n  }), authentication],\n}',
    ],
    ['no list', '{\n  controllers: [A],\n}', '{\n  imports: [authentication],\n  controllers: [A],\n}'],
    ['no list, on one line', '{ controllers: [A] }', '{ imports: [authentication], controllers: [A] }'],
    ['nothing at all', '{}', '{ imports: [authentication] }'],
    [
      'brackets in comments and strings',
      "{ /* imports: [ */ providers: [{ provide: ']', useValue: '[' }], imports: [/* ] */ A] }",
      "{ /* imports: [ */ providers: [{ provide: ']', useValue: '[' }], imports: [/* ] */ A, authentication] }",
    ],
    [
      'a key of the same name further inside',
      '{ providers: [{ imports: [] }], imports: [A] }',
      '{ providers: [{ imports: [] }], imports: [A, authentication] }',
    ],
  ])('with %s', (_, before, after) => {
    expect(edited(before)).toBe(`@Module(${after})\nexport class AppModule {}\n`);
  });

  test('below its last import', () => {
    const before = "import {\n  A,\n} from 'a';\nimport 'b';\n\n@Module({ imports: [] })\nexport class AppModule {}\n";
    expect(edit(before)).toContain(`import 'b';\n${LINE}\n\n@Module`);
  });

  test('once', () => {
    const once = edit('@Module({ imports: [] })\nexport class AppModule {}\n') ?? '';
    expect(edit(once)).toBe(once);
  });

  test('where it is the second module of the file', () => {
    const before =
      '@Module({ imports: [A] })\nexport class Other {}\n@Module({ imports: [] })\nexport class AppModule {}\n';
    expect(edit(before)).toContain(
      '@Module({ imports: [A] })\nexport class Other {}\n@Module({ imports: [authentication] })',
    );
  });
});

describe('a module is left alone', () => {
  test.each([
    ['a variable instead of the list', '@Module({ imports: modules })\nexport class AppModule {}'],
    ['a list that is filtered', '@Module({ imports: [A].filter(Boolean) })\nexport class AppModule {}'],
    ['a variable instead of the object', '@Module(metadata)\nexport class AppModule {}'],
    ['a call around the object', '@Module(merge({ imports: [] }))\nexport class AppModule {}'],
    ['no decorator of its own', '@Module({ imports: [] })\nclass Other {}\nexport class AppModule {}'],
    ['the list under its own name', '@Module({ providers: [], imports })\nexport class AppModule {}'],
    ['a key in quotes', "@Module({ 'imports': [] })\nexport class AppModule {}"],
    ['metadata from elsewhere', '@Module({ imports: [], ...metadata })\nexport class AppModule {}'],
    ['another name', '@Module({ imports: [] })\nexport class MainModule {}'],
    ['brackets that do not match', '@Module({ imports: [ })\nexport class AppModule {}'],
  ])('with %s', (_, text) => {
    expect(edit(text)).toBeUndefined();
  });
});

describe('the route of a new app', () => {
  const controller =
    "@Controller()\nexport class AppController {\n  @Get()\n  getHello(): string {\n    return '';\n  }\n}\n";

  test('becomes public', () => {
    const edited = withPublicHello(controller);
    expect(edited).toMatch(/^import \{ Public \} from '@acme\/nest-auth';\n@Controller/);
    expect(edited).toContain('  @Public()\n  @Get()\n  getHello(): string {');
  });

  test.each([
    ['another path', controller.replace('@Get()', "@Get('me')")],
    ['another method', controller.replace('getHello', 'getSecrets')],
    ['another controller', controller.replace('AppController', 'OrdersController')],
    ['a prefix', controller.replace('@Controller()', "@Controller('admin')")],
  ])('stays private with %s', (_, text) => {
    expect(withPublicHello(text)).toBeUndefined();
  });
});

describe('the root module', () => {
  test.each([
    ["import { AppModule } from './app.module';\nNestFactory.create(AppModule)", 'AppModule', 'app.module.ts'],
    [
      "import { ApiModule } from './api/api.module.js';\nNestFactory.create<X>(ApiModule, y)",
      'ApiModule',
      'api/api.module.ts',
    ],
    ["// NestFactory.create(Old)\nimport { A, B } from './b';\nNestFactory\n  .create(\n    B)", 'B', 'b.ts'],
  ])('is what main.ts starts: %s', (main, name, file) => {
    expect(rootModuleOf(main)).toEqual({ name, file });
  });

  test.each([['nothing'], ['NestFactory.create(A)'], ["import { A } from '@acme/a';\nNestFactory.create(A)"]])(
    'is unknown where main.ts does not say: %s',
    (main) => {
      expect(rootModuleOf(main)).toBeUndefined();
    },
  );
});
