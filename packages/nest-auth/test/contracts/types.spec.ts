import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '../..');

// Each file is a program of its own, because an augmentation applies to a whole program.
test.each([
  ['register.ts', 'an app that augments Register has its roles, permissions, user and claims typed'],
  ['options.ts', 'the generated interfaces of the options say what their tables say'],
  ['feature-options.ts', "a feature's options are typed by its table, as part of the module's"],
])('%s: %s', (file) => {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const program = ts.createProgram([join(ROOT, 'test/types', file)], options);
  const problems = ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText, file }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  expect(problems).toEqual([]);
});
