import { describe, expect, test } from '@jest/globals';
import { againAfterDeadlock, isDuplicate } from './database-errors.js';
import { revokeInBatches } from './revoke-in-batches.js';
import { isSameLogin } from './same-login.js';
import { assertSession, methodsOf, methodsText } from './session-values.js';
import { isText } from './text.js';
import { parseUserId, type UserIdColumn } from './user-id.js';

describe('the same login', () => {
  test.each(['ann@example.org', 'Ann@Example.org', 'ann@example.org ', 'ＡＮＮ@example.org'])('%j is', (stored) => {
    expect(isSameLogin(stored, 'ann@example.org')).toBe(true);
  });

  test.each(['änn@example.org', 'аnn@example.org', 'ann@example.org\0', '', null, undefined, 7, ['ann@example.org']])(
    '%j is not',
    (stored) => {
      expect(isSameLogin(stored, 'ann@example.org')).toBe(false);
    },
  );
});

describe('a text that may reach a query', () => {
  test.each(['', 'x', '🙂', "' OR 1=1 --"])('%j', (text) => expect(isText(text)).toBe(true));
  test.each(['a\0', 'a\ud800', null, undefined, 1, ['x'], new String('x')])('but not %j', (value) =>
    expect(isText(value)).toBe(false),
  );
});

describe('the id of a token as a value of its column', () => {
  const int: UserIdColumn = { type: 'integer', bits: 32, as: 'number' };
  test.each<[string, UserIdColumn, unknown]>([
    ['7', int, 7],
    ['-2147483648', int, -2147483648],
    ['7', { type: 'integer', as: 'bigint' }, 7n],
    ['9223372036854775807', { type: 'integer', as: 'string' }, '9223372036854775807'],
    ['18446744073709551615', { type: 'integer', unsigned: true, as: 'bigint' }, 18446744073709551615n],
    ['x', { type: 'text' }, 'x'],
    ['6f1c9a0e-95a1-4b44-8f0a-0d2f6b1f3d11', { type: 'uuid' }, '6f1c9a0e-95a1-4b44-8f0a-0d2f6b1f3d11'],
  ])('%s in %j', (id, column, value) => expect(parseUserId(id, column)).toBe(value));

  test.each<[unknown, UserIdColumn]>([
    ['2147483648', int],
    ['007', int],
    ['1e3', int],
    ['+7', int],
    [' 7', int],
    ['', int],
    ['9007199254740993', { type: 'integer', as: 'number' }],
    ['-1', { type: 'integer', unsigned: true, as: 'bigint' }],
    ['9223372036854775808', { type: 'integer', as: 'string' }],
    ['x', { type: 'uuid' }],
    ['a\0', { type: 'text' }],
    [7, int],
    [['7'], int],
    [{ not: '' }, { type: 'text' }],
  ])('%p is none in %j', (id, column) => expect(parseUserId(id, column)).toBeUndefined());
});

describe('a duplicate is recognised', () => {
  const wrapped = (cause: object) => new Error('Failed query', { cause });
  test.each<[string, unknown]>([
    ['PostgreSQL', { code: '23505' }],
    ['MariaDB', { errno: 1062, code: 'ER_DUP_ENTRY' }],
    ['Prisma', { code: 'P2002' }],
    ['SQLite', new Error('UNIQUE constraint failed: users.login')],
    ['TypeORM', { name: 'QueryFailedError', driverError: { errno: 1062 } }],
    ['Drizzle', wrapped(wrapped({ code: '23505' }))],
  ])('of %s', (_, error) => expect(isDuplicate(error)).toBe(true));

  test('and nothing else is', () => {
    const circular: Record<string, unknown> = { code: '23503' };
    circular.cause = circular;
    for (const error of [circular, new Error('down'), null, undefined, 'UNIQUE'])
      expect(isDuplicate(error)).toBe(false);
  });
});

describe('a statement that the database undid to end a deadlock', () => {
  const deadlock = Object.assign(new Error('wrapped'), { cause: { errno: 1213 } });

  const failing = (times: number, error: unknown) => {
    let calls = 0;
    const work = async () => {
      if (++calls <= times) throw error;
      return calls;
    };
    return { work, calls: () => calls };
  };

  test('is run again', async () => {
    expect(await againAfterDeadlock(failing(2, deadlock).work)).toBe(3);
  });

  test('is not run for ever', async () => {
    const { work, calls } = failing(100, deadlock);
    await expect(againAfterDeadlock(work)).rejects.toBe(deadlock);
    expect(calls()).toBe(5);
  });

  test('is not taken for one that failed in another way', async () => {
    const { work, calls } = failing(1, new Error('connection lost'));
    await expect(againAfterDeadlock(work)).rejects.toThrow('connection lost');
    expect(calls()).toBe(1);
  });
});

describe('the methods of a session in a column of text', () => {
  test.each([[[]], [['pwd']], [['pwd', 'otp', 'mfa']]])('%j come back', (methods) => {
    expect(methodsOf(methodsText(methods))).toEqual(methods);
  });

  test.each([null, undefined, 7, ['pwd']])('%j is not such a column', (column) => {
    expect(() => methodsOf(column)).toThrow(TypeError);
  });
});

describe('a session that may reach a query', () => {
  const now = new Date();
  const session = {
    id: '6f1c9a0e-95a1-4b44-8f0a-0d2f6b1f3d11',
    userId: '7',
    secretHash: 'x',
    generation: 0,
    createdAt: now,
    rotatedAt: now,
    expiresAt: now,
    absoluteExpiresAt: now,
    revokedAt: null,
    userAgent: null,
    ip: null,
    methods: ['pwd'],
    authenticatedAt: now,
    remember: true,
    actorId: null,
  };

  test('is one whose fields all have their types', () => {
    expect(assertSession(session)).toBe(session);
  });

  test.each<[string, unknown]>([
    ['id', 'x'],
    ['userId', 'a\0'],
    ['userAgent', '\ud800'],
    ['actorId', 'a\0'],
    ['actorId', 7],
    ['methods', 'pwd'],
    ['methods', ['pwd,mfa']],
    ['authenticatedAt', 0],
    ['remember', 'true'],
  ])('with %s: %j is none', (field, value) => {
    expect(() => assertSession({ ...session, [field]: value })).toThrow(TypeError);
  });
});

describe('revoking in batches', () => {
  /** Rows that another caller may revoke between the two steps. */
  const setUp = (count: number, stolen: readonly number[] = []) => {
    const live = new Set(Array.from({ length: count }, (_, n) => `s${n}`));
    const asked: number[] = [];
    const run = (limit: number) =>
      revokeInBatches(
        limit,
        async (most) => {
          asked.push(most);
          return [...live].slice(0, most);
        },
        async (ids) => {
          for (const n of stolen) live.delete(`s${n}`);
          return ids.filter((id) => live.delete(id));
        },
      );
    return { run, asked, live };
  };

  test.each([
    [5, 10, 5],
    [5, 5, 5],
    [5, 3, 3],
    [5, 0, 0],
    [0, 3, 0],
  ])('of %i rows with a limit of %i takes %i', async (rows, limit, taken) => {
    const { run, asked } = setUp(rows);
    expect(await run(limit)).toHaveLength(taken);
    expect(asked).toEqual([limit]);
  });

  test('chooses again when another caller took some, so that fewer than the limit means that none is left', async () => {
    const { run, asked, live } = setUp(6, [0, 2]);
    expect(await run(4)).toEqual(['s1', 's3', 's4', 's5']);
    expect(asked).toEqual([4, 2]);
    expect(live.size).toBe(0);
  });

  test.each([undefined, null, '1', -1, 0.5, Number.NaN])('a limit of %j is not "all"', async (limit) => {
    const { run, live } = setUp(3);
    await expect(run(limit as number)).rejects.toThrow(TypeError);
    expect(live.size).toBe(3);
  });
});
