import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { detailOf, isMistake, rememberDetail, Trace } from './trace.js';

const SECRET = '$2b$12$abcdefghijklmnopqrstuv';
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const named = (name: string, more: object = {}) => Object.assign(new Error(`values: ${SECRET}`), { name }, more);

class DatabaseError extends Error {
  override readonly name = 'error';
  readonly code = '42P01';
}

const CHAINS: [string, unknown, string][] = [
  [
    'Drizzle over pg',
    named('DrizzleQueryError', { query: SECRET, params: [SECRET], cause: new DatabaseError(SECRET) }),
    'DrizzleQueryError, caused by DatabaseError 42P01',
  ],
  [
    'TypeORM over MariaDB',
    named('QueryFailedError', { driverError: named('Error', { code: 'ER_NO_SUCH_TABLE', sql: SECRET }) }),
    'QueryFailedError, caused by Error ER_NO_SUCH_TABLE',
  ],
  [
    'Prisma with a driver adapter',
    named('PrismaClientKnownRequestError', {
      code: 'P2021',
      meta: { table: SECRET, driverAdapterError: named('DriverAdapterError', { cause: { originalCode: '42P01' } }) },
    }),
    'PrismaClientKnownRequestError P2021, caused by DriverAdapterError, caused by object 42P01',
  ],
  [
    'Sequelize',
    named('SequelizeDatabaseError', { parent: new DatabaseError(SECRET) }),
    'SequelizeDatabaseError, caused by DatabaseError 42P01',
  ],
  [
    'several at once',
    new AggregateError([named('Error', { code: 'ECONNREFUSED' }), named('Error', { code: 'ETIMEDOUT' })]),
    'AggregateError, caused by Error ECONNREFUSED, caused by Error ETIMEDOUT',
  ],
  ['a string', SECRET, 'string'],
  ['nothing', undefined, 'undefined'],
  ['null', null, 'null'],
  ['an object', { password: SECRET }, 'object'],
  ['a name and a code that are values', named(SECRET, { code: SECRET }), 'Error'],
  ['a revoked proxy', revoked(), 'object'],
  [
    'a getter that throws',
    Object.defineProperty(named('QueryError'), 'cause', {
      get: () => {
        throw new Error(SECRET);
      },
    }),
    'QueryError',
  ],
];

test.each(CHAINS)('%s: names and codes of the whole chain, and not one value', (_, error, summary) => {
  const trace = Trace.of(error);
  expect(trace.summary).toBe(summary);
  expect(inspect(trace, { depth: Infinity, showHidden: true }) + JSON.stringify(trace)).not.toContain(SECRET);
});

test('a chain that leads back to itself, or never ends, is cut', () => {
  const one = named('OneError');
  const other = named('OtherError', { cause: one });
  one.cause = other;
  expect(Trace.of(one).summary).toBe('OneError, caused by OtherError');
  const endless = (): Error => Object.defineProperty(named('DeepError'), 'cause', { get: endless });
  expect(Trace.of(endless()).summary.split('caused by')).toHaveLength(8);
});

describe('a stack', () => {
  const withStack = (message: string, stack: string) => Object.assign(new Error(message), { stack });
  const FRAMES = [
    '    at Socket.read (node:net:10:1)',
    '    at async Client.query (/app/node_modules/pg/lib/client.js:5:9)',
    '    at async PgUserStore.findById (/app/src/users/pg-user-store.ts:12:30)',
    '    at async Promise.all (index 0)',
  ];

  test('keeps its frames and loses the message, of any number of lines', () => {
    const message = `duplicate\nKey: ${SECRET}\n    at ${SECRET} (x:1:1)`;
    expect(Trace.of(withStack(message, [`Error: ${message}`, ...FRAMES].join('\n'))).stack).toBe(
      ['Error', ...FRAMES].join('\n'),
    );
  });

  test('loses a message that was changed later, too', () => {
    const { stack } = Trace.of(withStack('another', [`Error: ${SECRET}\nmore of it`, ...FRAMES].join('\n')));
    expect(stack).toBe(['Error', ...FRAMES].join('\n'));
  });

  test("says where: the first line of the app's own code", () => {
    expect(Trace.of(withStack('x', ['Error: x', ...FRAMES].join('\n'))).where).toBe(
      'PgUserStore.findById (/app/src/users/pg-user-store.ts:12:30)',
    );
    expect(Trace.of(withStack('x', ['Error: x', ...FRAMES.slice(0, 2)].join('\n'))).where).toBe(
      'Client.query (/app/node_modules/pg/lib/client.js:5:9)',
    );
    expect(Trace.of(withStack('x', ['Error: x', FRAMES[0]].join('\n'))).where).toBeUndefined();
  });

  test('is taken from the cause if the wrapper has none of the app', () => {
    const cause = withStack('x', ['Error: x', ...FRAMES].join('\n'));
    expect(Trace.of(Object.assign(withStack('y', 'Error: y'), { cause })).where).toMatch(/^PgUserStore/);
  });
});

describe('a mistake', () => {
  const { NODE_ENV } = process.env;
  afterEach(() => {
    process.env.NODE_ENV = NODE_ENV;
  });

  test.each([
    [new TypeError('x is not a function'), true],
    [new RangeError('Maximum call stack size exceeded'), true],
    [Object.assign(new TypeError('invalid argument'), { code: 'ERR_INVALID_ARG_TYPE' }), true],
    [new Error('x'), false],
    [new TypeError('fetch failed', { cause: Object.assign(new Error(''), { code: 'ECONNREFUSED' }) }), false],
    [Object.assign(new TypeError('x'), { code: '08006' }), false],
    [new DatabaseError('x'), false],
    ['x', false],
  ])('%p: %p', (error, expected) => {
    expect(isMistake(error)).toBe(expected);
  });

  test('shows its message and stack to a log outside production, in one line each, and to no inspection', () => {
    const error = new TypeError('no such\u001b[31m\nfield');
    const trace = Trace.of(error);
    rememberDetail(trace, error);
    expect(detailOf(trace)).toMatch(/^TypeError: no such\uFFFD\[31m\uFFFDfield\n {4}at /);
    expect(inspect(trace, { depth: Infinity, showHidden: true })).not.toContain('no such');
    process.env.NODE_ENV = 'production';
    const silent = Trace.of(new TypeError('no such field'));
    rememberDetail(silent, error);
    expect(detailOf(silent)).toBeUndefined();
  });
});
