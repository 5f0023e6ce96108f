import { describe, expect, test } from '@jest/globals';
import type { HttpRoute } from '../policy-list.js';
import { conflictsOf } from './route-conflicts.js';

const route = (text: string, more: Partial<HttpRoute> = {}) => {
  const [method = '', path = ''] = text.split(' ');
  return { text, route: { method, path, versions: undefined, hosts: undefined, ...more } };
};
const found = (routes: readonly ReturnType<typeof route>[], isOrdered = true) =>
  conflictsOf(routes, isOrdered).map(({ dead, winner, code }) => `${winner.text} > ${dead.text}: ${code}`);

describe('if the first matching route answers', () => {
  test('a parameter shadows a literal route after it', () => {
    expect(found([route('GET /users/:id'), route('GET /users/me')])).toEqual([
      'GET /users/:id > GET /users/me: shadowed',
    ]);
    expect(found([route('GET /users/me'), route('GET /users/:id')])).toEqual([]);
  });

  test('of two with one shape, the second is a duplicate', () => {
    expect(found([route('GET /users/:id'), route('GET /users/:name')])).toEqual([
      'GET /users/:id > GET /users/:name: duplicate',
    ]);
  });

  test('methods are told apart; one for all of them covers each, and GET covers HEAD', () => {
    expect(found([route('GET /a'), route('POST /a'), route('ALL /a')])).toEqual([]);
    expect(found([route('ALL /a'), route('POST /a')])).toEqual(['ALL /a > POST /a: shadowed']);
    expect(found([route('GET /a'), route('HEAD /a')])).toEqual(['GET /a > HEAD /a: shadowed']);
  });

  test.each<[string, Partial<HttpRoute>, Partial<HttpRoute>, number]>([
    ['another version', { versions: ['1'] }, { versions: ['2'] }, 0],
    ['one of its versions', { versions: ['1', '2'] }, { versions: ['2'] }, 1],
    ['more versions than it has', { versions: ['1'] }, { versions: ['1', '2'] }, 0],
    ['any version', { versions: ['1'] }, {}, 0],
    ['a version, behind any', { versions: ['neutral'] }, { versions: ['2'] }, 1],
    ['another host', { hosts: ['a.example'] }, { hosts: ['b.example'] }, 0],
    ['a host, behind all', {}, { hosts: ['b.example'] }, 1],
    ['all hosts, behind one', { hosts: ['a.example'] }, {}, 0],
  ])('%s', (_, first, second, count) => {
    expect(found([route('GET /a', first), route('GET /a', second)])).toHaveLength(count);
  });
});

test('if the most specific route answers, only a duplicate is never reached', () => {
  const routes = [route('GET /users/:id'), route('GET /users/me'), route('GET /users/:name')];
  expect(found(routes, false)).toEqual(['GET /users/:id > GET /users/:name: duplicate']);
});
