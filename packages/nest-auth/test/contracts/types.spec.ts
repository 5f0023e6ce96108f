import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';

test('an app that augments Register has its roles, permissions, user and claims typed', () => {
  const root = join(import.meta.dirname, '../..');
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram([join(root, 'test/types/register.ts')], options);
  const problems = ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText, file }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  expect(problems).toEqual([]);
});
