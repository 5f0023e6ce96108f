import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { HTML, SCRIPT, STYLES } from './page-files.js';

const FOLDER = join(import.meta.dirname, 'page');
const SOURCES = readdirSync(FOLDER).filter((name) => name.endsWith('.ts'));

test('the page compiles, with the types of what the server sends', () => {
  const { config } = ts.readConfigFile(join(FOLDER, 'tsconfig.json'), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, FOLDER);
  const problems = ts
    .getPreEmitDiagnostics(ts.createProgram(fileNames, options))
    .map(({ messageText, file }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  expect(fileNames.length).toBe(SOURCES.length);
  expect(problems).toEqual([]);
});

test('no text of the server can become HTML or script: the page writes only text nodes', () => {
  const sinks =
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\b|new Function|setAttribute\('on/;
  expect(SOURCES.length).toBeGreaterThan(5);
  const texts = [...SOURCES.map((name) => readFileSync(join(FOLDER, name), 'utf8')), SCRIPT];
  expect(texts.filter((text) => sinks.test(text))).toEqual([]);
});

test('the page has no script or style of its own in the HTML, which its policy would refuse', () => {
  expect(HTML).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
  expect(HTML).not.toMatch(/https?:/);
});

test('the page is small: 25 kB in all, before compression', () => {
  expect(HTML.length + SCRIPT.length + STYLES.length).toBeLessThan(25_000);
});
