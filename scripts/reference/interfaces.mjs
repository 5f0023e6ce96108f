import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { defaultOf, rangeOf } from './tables.mjs';

const SOURCES = 'packages/nest-auth/src';
const WIDTH = 120;
const OF_LANGUAGE = ['Promise', 'Record', 'Pick'];

/** The generated sources by path: interfaces as an IDE shows them. */
export function interfacesOf(root, tables) {
  const { AUTH_OPTIONS, RESOURCE_SERVER_OPTIONS, EXTRAS, ROUTES, RESOURCE_SERVER_EXTRAS } = tables;
  const extras = Object.keys(RESOURCE_SERVER_EXTRAS).map((name) => `'${name}'`);
  const files = {
    'options/auth/auth-options.ts': [
      'auth-option-table.ts',
      interfaceOf('AuthOptions', AUTH_OPTIONS, [
        'What the factory of `forRootAsync` answers with. Boot checks all of it and names every problem at once.',
        'A feature adds its own options under its name.',
      ]),
      factory('AuthOptions', 'AuthOptionsFactory', 'createAuthModuleOptions'),
    ],
    'options/resource-server/resource-server-options.ts': [
      'resource-server-option-table.ts',
      interfaceOf('ResourceServerOptions', RESOURCE_SERVER_OPTIONS, [
        "What a service needs to verify another app's access tokens. Either `jwksUri` or `keys`, not both.",
      ]),
      factory('ResourceServerOptions', 'ResourceServerOptionsFactory', 'createResourceServerOptions'),
    ],
    'module/extras.ts': [
      'extras-table.ts',
      interfaceOf('AuthRoutes', ROUTES, ["The library's routes. Each can be turned off."]),
      interfaceOf('AuthExtras', EXTRAS, ['What shapes the module graph, and so cannot come out of a factory.']),
      `/** As \`AuthExtras\`, without what needs routes. */
      export type ResourceServerExtras = Pick<AuthExtras, ${extras.join(' | ')}>;`,
    ],
  };
  const homes = exportsOf(root);
  return Object.fromEntries(
    Object.entries(files).map(([name, [table, ...parts]]) => {
      const path = `${SOURCES}/${name}`;
      const text = parts.join('\n\n');
      const head = `// Generated from ${table} by "npm run reference". Do not edit.`;
      return [path, formatted(root, path, `${head}\n${importsOf(path, text, homes)}\n\n${text}\n`)];
    }),
  );
}

function interfaceOf(name, table, doc) {
  return `${comment(doc.join(' '), '')}\nexport interface ${name} {\n${membersOf(table, '  ')}\n}`;
}

function factory(options, name, method) {
  return `/** For \`useClass\` and \`useExisting\`. */
    export interface ${name} {
      ${method}(): ${options} | Promise<${options}>;
    }`;
}

function membersOf(table, indent) {
  return Object.entries(table)
    .map(([name, { about, members }]) => {
      const key = `${name}${about.isRequired ? '' : '?'}`;
      if (members && !about.type)
        return `\n${indent}readonly ${key}: {\n${membersOf(members, `${indent}  `)}\n${indent}};\n`;
      const [, parameters, result] = about.isMethod ? /^\((.*)\) => (.*)$/.exec(about.type) : [];
      const member = about.isMethod ? `${key}(${parameters}): ${result};` : `readonly ${key}: ${about.type};`;
      return `${comment(docOf(about), indent)}\n${indent}${member}`;
    })
    .join('\n')
    .replaceAll('\n\n\n', '\n\n');
}

function docOf(about) {
  const range = about.range ? ` (${rangeOf(about)})` : '';
  return about.isRequired ? `${about.doc}${range}` : `${about.doc} @default ${defaultOf(about)}${range}`;
}

/** A JSDoc comment, on one line if it fits. */
function comment(text, indent) {
  const short = `${indent}/** ${text} */`;
  if (short.length <= WIDTH) return short;
  const lines = [''];
  // Code stays on one line.
  for (const word of text.match(/(?:`[^`]*`|\S)+/g)) {
    const line = `${lines.at(-1)} ${word}`;
    // Each tag begins a new line.
    if (`${indent} *${line}`.length > WIDTH || word.startsWith('@default')) lines.push(` ${word}`);
    else lines[lines.length - 1] = line;
  }
  return [`${indent}/**`, ...lines.map((line) => `${indent} *${line}`), `${indent} */`].join('\n');
}

function importsOf(path, text, homes) {
  const code = text.replaceAll(/\/\*\*[\s\S]*?\*\//g, '');
  const own = [...code.matchAll(/export (?:interface|type) (\w+)/g)].map(([, name]) => name);
  const names = new Set([...code.matchAll(/\b[A-Z]\w+/g)].map(([name]) => name));
  return [...names]
    .filter((name) => !own.includes(name) && !OF_LANGUAGE.includes(name))
    .map((name) => {
      if (name === 'KeyObject') return `import type { KeyObject } from 'node:crypto';`;
      const found = homes.get(name) ?? [];
      if (found.length !== 1) throw new Error(`The type ${name} is exported by ${found.join(', ') || 'no source'}.`);
      const from = relative(dirname(path), found[0]).replace(/\.ts$/, '.js');
      return `import type { ${name} } from '${from.startsWith('.') ? from : `./${from}`}';`;
    })
    .join('\n');
}

/** Where each type of the library is exported. */
function exportsOf(root) {
  const homes = new Map();
  for (const name of readdirSync(join(root, SOURCES), { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || name.endsWith('.spec.ts')) continue;
    const source = readFileSync(join(root, SOURCES, name), 'utf8');
    for (const [, type] of source.matchAll(/^export (?:interface|type|class|abstract class) (\w+)/gm))
      homes.set(type, [...(homes.get(type) ?? []), `${SOURCES}/${name.replaceAll('\\', '/')}`]);
  }
  return homes;
}

function formatted(root, path, source) {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'check', '--write', `--stdin-file-path=${path}`];
  return execFileSync(process.execPath, args, { cwd: root, input: source, encoding: 'utf8' });
}
