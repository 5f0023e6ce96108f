// Small text edits of an app's own sources. A text that is not as expected is not edited.

const COMMENT_OR_STRING = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
const PAIRS = { '(': ')', '[': ']', '{': '}' };

/**
 * Adds an imported name to the `imports` of a module.
 * @returns the new text; the same if it imports the name already; `undefined` if the text is not as expected
 */
function withImport(text, { module, name, from }) {
  const code = masked(text);
  const object = metadataOf(code, module);
  if (!object || isSurprising(text, code, object)) return undefined;
  const list = propertyOf(code, object, 'imports');
  if (list && code[list.start] !== '[') return undefined;
  const isKnown = new RegExp(`\\b${name}\\b`).test(code);
  // The name may belong to something else; then the developer must decide.
  if (isKnown) return isImported(text, name, from) && list && hasEntry(code, list, name) ? text : undefined;
  const edited = list ? appended(text, code, list, name) : withList(text, object, name);
  return edited && withImportLine(edited, `import { ${name} } from '${from}';`);
}

function isImported(text, name, from) {
  const [, path] = new RegExp(`import\\s*\\{[^}]*\\b${name}\\b[^}]*\\}\\s*from\\s*['"]([^'"]+)['"]`).exec(text) ?? [];
  return path?.replace(/\.js$/, '') === from.replace(/\.js$/, '');
}

/** Whether a name is an entry of a list, and not a part of another entry. */
function hasEntry(code, { start }, name) {
  const end = closing(code, start) ?? start;
  let flat = '';
  for (let at = start + 1; at < end; at++) {
    if (PAIRS[code[at]]) at = closing(code, at) ?? end;
    else flat += code[at];
  }
  return flat.split(',').some((entry) => entry.trim() === name);
}

/** Makes the route of `nest new` public. @returns `undefined` if the controller has been changed */
function withPublicHello(text) {
  if (/\bPublic\b/.test(text)) return text;
  const route = /^( *)@Get\(\)(\r?\n) *getHello\(\): string \{/m;
  const controller = /@Controller\(\)\s*export class AppController\b/;
  if (!route.test(text) || !controller.test(text)) return undefined;
  const edited = text.replace(route, (hello, indent, newline) => `${indent}@Public()${newline}${hello}`);
  return `import { Public } from '@acme/nest-auth';\n${edited}`;
}

/** The module that `main.ts` starts: its name and the file that it is imported from. */
function rootModuleOf(main) {
  const [, name] = /NestFactory\s*\.create(?:<[^>]*>)?\(\s*(\w+)/.exec(masked(main)) ?? [];
  if (!name) return undefined;
  const [, from] = new RegExp(`import\\s*\\{[^}]*\\b${name}\\b[^}]*\\}\\s*from\\s*['"]([^'"]+)['"]`).exec(main) ?? [];
  return from?.startsWith('./') ? { name, file: from.replace(/^\.\//, '').replace(/(\.js)?$/, '.ts') } : undefined;
}

/** The text with comments and strings blanked out, as long as before. */
function masked(text) {
  return text.replace(COMMENT_OR_STRING, (part) => part.replace(/[^\n]/g, ' '));
}

/** The place of the object in `@Module({ … })` of a class. */
function metadataOf(code, name) {
  const at = new RegExp(`\\bexport (?:default )?class ${name}\\b`).exec(code)?.index;
  const decorator = at === undefined ? -1 : code.lastIndexOf('@Module(', at);
  if (decorator < 0) return undefined;
  const open = decorator + '@Module('.length;
  const close = closing(code, open - 1);
  const between = close === undefined ? 'x' : code.slice(close + 1, at);
  const [, before, body] = /^(\s*)(\{[\s\S]*\})\s*,?\s*$/.exec(code.slice(open, close)) ?? [];
  if (body === undefined || !/^(\s|@\w+\(\s*\))*$/.test(between)) return undefined;
  const start = open + before.length;
  return closing(code, start) === start + body.length - 1 ? { start, end: start + body.length - 1 } : undefined;
}

/** Whether an object may have `imports` in another form than `imports: …`. */
function isSurprising(text, code, { start, end }) {
  if (/['"`]imports['"`]\s*\]?\s*:/.test(text.slice(start, end))) return true;
  let flat = '';
  for (let at = start + 1; at < end; at++) {
    if (PAIRS[code[at]]) at = closing(code, at) ?? end;
    else flat += code[at];
  }
  return /\.\.\./.test(flat) || /(^|,)\s*imports\s*(,|$)/.test(flat);
}

/** Where the value of a property of an object begins. */
function propertyOf(code, { start, end }, key) {
  for (let at = start + 1; at < end; at++) {
    const found = new RegExp(`^${key}\\s*:\\s*`).exec(code.slice(at, end));
    if (found && /[\s,{]/.test(code[at - 1])) return { start: at + found[0].length };
    if (PAIRS[code[at]]) at = closing(code, at) ?? end;
  }
  return undefined;
}

/** The place of the bracket that closes the bracket at `open`. */
function closing(code, open) {
  const expected = [];
  for (let at = open; at < code.length; at++) {
    if (PAIRS[code[at]]) expected.push(PAIRS[code[at]]);
    else if (/[)\]}]/.test(code[at]) && expected.pop() !== code[at]) return undefined;
    if (expected.length === 0) return at;
  }
  return undefined;
}

function appended(text, code, { start }, name) {
  const end = closing(code, start);
  // A list with code behind its bracket, such as `[…].filter(…)`, is not edited.
  if (end === undefined || !/^\s*[,}]/.test(code.slice(end + 1))) return undefined;
  const last = code.slice(start, end).trimEnd();
  if (last === '[' && text.slice(start + 1, end).trim() === '') return splice(text, start + 1, end, name);
  const at = start + last.length;
  const comma = /[,[]$/.test(last) ? '' : ',';
  const [, indent] = /\n([ \t]*)\S[^\n]*$/.exec(code.slice(0, at)) ?? [];
  const isOnLines = code.slice(start, end).includes('\n');
  const isClosedOnItsLine = !/\n\s*$/.test(code.slice(start, end));
  if (!isOnLines || isClosedOnItsLine) return splice(text, at, at, `${comma} ${name}`);
  return splice(text, at, at, `${comma}\n${indentOfFirst(code, start) ?? indent}${name},`);
}

/** The indentation of a list's entries. */
function indentOfFirst(code, start) {
  return /^\[[^\S\n]*\n([ \t]*)\S/.exec(code.slice(start))?.[1];
}

function withList(text, { start, end }, name) {
  const isEmpty = text.slice(start + 1, end).trim() === '';
  if (isEmpty) return splice(text, start + 1, end, ` imports: [${name}] `);
  return text[start + 1] === '\n'
    ? splice(text, start + 1, start + 1, `\n  imports: [${name}],`)
    : splice(text, start + 1, start + 1, ` imports: [${name}],`);
}

function withImportLine(text, line) {
  // An import ends with its line or its closing brace, because semicolons are optional.
  const last = [...masked(text).matchAll(/^import\b[^;{}\n]*(?:\{[^{}]*\}[^;{}\n]*)?;?[^\S\n]*$/gm)].at(-1);
  if (!last) return `${line}\n${text}`;
  const at = last.index + last[0].length;
  return splice(text, at, at, `\n${line}`);
}

function splice(text, from, to, inserted) {
  return text.slice(0, from) + inserted + text.slice(to);
}

module.exports = { withImport, withPublicHello, rootModuleOf };
