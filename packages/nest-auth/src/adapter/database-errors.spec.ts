import { describe, expect, test } from '@jest/globals';
import { againAfterDeadlock, isDuplicate } from './database-errors.js';

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

  test('is not confused with one that failed in another way', async () => {
    const { work, calls } = failing(1, new Error('connection lost'));
    await expect(againAfterDeadlock(work)).rejects.toThrow('connection lost');
    expect(calls()).toBe(1);
  });
});
