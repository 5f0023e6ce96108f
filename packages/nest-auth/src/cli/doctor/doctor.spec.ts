import { AuthModule, type AuthOptions, memoryStores, type SessionStore, type UserStore } from '@acme/nest-auth';
import { describe, expect, test } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { examine, refusal } from './doctor.js';
import { reportText } from './report.js';

const secrets = {
  access: 'vX3kQm8TzR1nWc6YpL0sJd9fHbGa2uEe4oKiN7rVtBw',
  refresh: 'qZ7hUe2MxC5jRn9LbPf4WsGk1TdYv8oAi3EyJ6mKcXg',
};

class DatabaseError extends Error {
  constructor(readonly code: string) {
    super('a query with its values');
  }
}

/** Memory stores, with one method of one store replaced. */
function withStore(port: 'userStore' | 'sessionStore', method: string, run: () => Promise<unknown>): AuthOptions {
  const stores = memoryStores();
  const broken: object = new Proxy(stores[port], {
    get: (target, key) => {
      const value: unknown = key === method ? run : Reflect.get(target, key);
      return typeof value === 'function' && key !== 'constructor' ? value.bind(target) : value;
    },
  });
  return { ...stores, [port]: broken as UserStore & SessionStore, secrets };
}

async function examined(options: AuthOptions) {
  @Module({ imports: [AuthModule.forRoot(options)] })
  class AppModule {}
  const app = await NestFactory.create(AppModule, { logger: false });
  try {
    const reports = await examine(app);
    return {
      facts: Object.assign({}, ...reports.map(({ facts }) => facts)) as Record<string, string>,
      problems: reports.flatMap(({ problems }) => problems),
      hints: reports.flatMap(({ hints = [] }) => hints),
      text: reportText(reports),
    };
  } finally {
    await app.close();
  }
}

describe('a configuration', () => {
  test('is reported with its effective values, defaults included, and no secret', async () => {
    const { facts, problems, text } = await examined({ ...memoryStores(), secrets, transport: 'both' });
    expect(facts).toMatchObject({
      transport: 'both (__Host-Http-access, __Host-Http-refresh)',
      'access token': '15 min',
      'refresh token': expect.stringMatching(/^30 d, and no longer than \d+ d for a session$/),
      login: expect.stringMatching(/^email, with a password of 12 to \d+ characters$/),
      features: 'none',
    });
    expect(problems).toEqual([]);
    for (const secret of Object.values(secrets)) expect(text).not.toContain(secret);
    expect(text).toContain('No problem was found.');
  });

  test('with stores in memory hints at what production refuses', async () => {
    const { hints } = await examined({ ...memoryStores(), secrets });
    expect(hints.join('\n')).toMatch(/in memory.*: userStore, sessionStore, .*doctor --production/);
  });

  test('without a trusted proxy hints at it', async () => {
    const { hints } = await examined({ ...memoryStores(), secrets });
    expect(hints.join('\n')).toMatch(/trusts no proxy/);
  });
});

test("an app that does not start because of its database says what is wrong, without the driver's message", () => {
  const [problem = ''] = refusal(new DatabaseError('3D000'));
  expect(problem).toMatch(/^The app does not start: the database is missing: create it \(.*3D000\), at .+ Start it/);
  expect(problem).not.toContain('a query with its values');
});

describe('a store', () => {
  test.each([
    ['42P01', /^The SessionStore fails: a table is missing: run the migration/],
    ['ER_BAD_FIELD_ERROR', /a table lacks a column/],
    ['ECONNREFUSED', /the database does not answer/],
    ['P1000', /does not accept the user or the password/],
    ['XX000', /^The SessionStore fails \(AuthError store_unavailable, caused by .*XX000\)\.$/],
  ])("that fails with %s is reported with its meaning, without the driver's message", async (code, meaning) => {
    const fails = () => Promise.reject(new DatabaseError(code));
    const { problems, facts } = await examined(withStore('sessionStore', 'find', fails));
    expect(problems).toEqual([expect.stringMatching(meaning)]);
    expect(problems.join()).not.toContain('a query with its values');
    expect(facts).toMatchObject({ SessionStore: 'fails', UserStore: 'answers' });
  });

  test('of users reports its own problems', async () => {
    const { problems } = await examined(withStore('userStore', 'diagnose', async () => ['3 logins have capitals.']));
    expect(problems).toEqual(['3 logins have capitals.']);
  });
});
