import { describe, expect, test } from '@jest/globals';
import { SECRETS } from '../../test/support/app.js';
import { memoryStores } from '../memory/memory-stores.js';
import { EXTRAS, RESOURCE_SERVER_EXTRAS } from '../module/extras-table.js';
import { AUTH_OPTIONS } from './auth/auth-option-table.js';
import { resolveSettings } from './auth/auth-settings.js';
import type { Field, Table } from './fields/field.js';
import { RESOURCE_SERVER_OPTIONS } from './resource-server/resource-server-option-table.js';
import { resolveResourceServerSettings } from './resource-server/resource-server-settings.js';

const throwing = () => {
  throw new Error('hunter2');
};
const HOSTILE: readonly [string, unknown][] = [
  ['null', null],
  ['NaN', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['a negative number', -1],
  ['a huge number', 1e300],
  ['a number in a string', '12'],
  ['an empty string', ''],
  ['true', true],
  ['a list', []],
  ['a list of null', [null]],
  ['an object', {}],
  ['an object without a prototype', Object.create(null)],
  ['a symbol', Symbol('hunter2')],
  ['a bigint', 10n],
  ['a class', class Hunter2 {}],
  ['a class whose name throws', Object.defineProperty(class {}, 'name', { get: throwing })],
  ['a promise', Promise.resolve('hunter2')],
  ['a getter that throws', Object.defineProperty({}, 'then', { get: throwing, enumerable: true })],
  ['a proxy that throws', new Proxy({}, { get: throwing, has: throwing, ownKeys: throwing })],
];

/** The paths of all options, groups included. */
function pathsOf(table: Table, at = ''): [string, Field][] {
  return Object.entries(table).flatMap(([name, field]) => [
    [at + name, field] as [string, Field],
    ...pathsOf(field.members ?? {}, `${at}${name}.`),
  ]);
}

function withValue(base: object, path: string, value: unknown): object {
  const [name = '', member] = path.split('.');
  if (member === undefined) return { ...base, [name]: value };
  return { ...base, [name]: { ...(Reflect.get(base, name) as object | undefined), [member]: value } };
}

const MODES: readonly [string, Table, object, (options: never) => unknown][] = [
  [
    'AuthModule',
    AUTH_OPTIONS,
    { ...memoryStores(), secrets: SECRETS, transport: 'both' },
    (options) => resolveSettings(options, []),
  ],
  [
    'a resource server',
    RESOURCE_SERVER_OPTIONS,
    { keys: SECRETS.access, issuer: 'https://a.example', audience: 'notes', transport: 'both' },
    resolveResourceServerSettings,
  ],
];

describe.each(MODES)('%s', (_, table, base, resolve) => {
  const problems = (options: object): string[] => {
    try {
      resolve(options as never);
      return [];
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid_configuration' });
      return (error as Error).message.split('\n').slice(1);
    }
  };

  test.each(pathsOf(table).map(([path]) => path))('%s is accepted or refused in words, whatever it is', (path) => {
    for (const [name, value] of HOSTILE) {
      for (const line of problems(withValue(base, path, value))) {
        expect(`${name}: ${line}`).toContain(`:   - ${path === 'keys' && line.includes('jwksUri') ? 'jwksUri' : path}`);
        expect(line).toMatch(/[;:,]|must be/);
        expect(line).not.toMatch(/hunter2|undefined seconds/);
      }
    }
  });

  test.each(pathsOf(table).map(([path]) => path))('%s of null is refused', (path) => {
    expect(problems(withValue(base, path, null)).length).toBeGreaterThan(0);
  });

  test('an option whose getter throws is named, and the others are checked', () => {
    const options = Object.defineProperty({ ...base, nonsense: 1 }, 'issuer', { get: throwing, enumerable: true });
    expect(problems(options)).toEqual([
      expect.stringContaining('  - nonsense is not an option'),
      '  - issuer cannot be read, because a getter throws; pass a plain value.',
    ]);
  });
});

test.each([
  ['AUTH_OPTIONS', AUTH_OPTIONS],
  ['RESOURCE_SERVER_OPTIONS', RESOURCE_SERVER_OPTIONS],
  ['EXTRAS', EXTRAS],
  ['RESOURCE_SERVER_EXTRAS', RESOURCE_SERVER_EXTRAS],
])('every option of %s says what it is for', (_, table: Table) => {
  const silent = pathsOf(table).filter(([, { about, members }]) => about.doc === '' && (about.type || !members));
  expect(silent.map(([path]) => path)).toEqual([]);
});
