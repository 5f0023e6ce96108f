import { describe, expect, test } from '@jest/globals';
import { covers, sampleOf, shapeOf } from './path-pattern.js';

describe('a pattern covers another one if it matches all of its paths', () => {
  test.each([
    ['/users/me', '/users/me'],
    ['/users/:id', '/users/me'],
    ['/users/:id', '/users/:name'],
    ['/Users/:id', '/users/ME'],
    ['/*path', '/users/me'],
    ['/users/*rest', '/users/:id/notes'],
    ['/users/*', '/users/me'],
    ['/users{/:id}', '/users'],
    ['/users{/:id}', '/users/me'],
    ['/users{/:id}', '/users{/:name}'],
    ['/files/:name.json', '/files/:id.json'],
    ['/:a/:b', '/users/me'],
    ['/', '/'],
  ])('%s covers %s', (first, second) => {
    expect(covers(first, second)).toBe(true);
  });

  test.each([
    ['/users/me', '/users/:id'],
    ['/users/:id', '/users'],
    ['/users/:id', '/users/:id/notes'],
    ['/users/:id', '/users/*rest'],
    ['/users/*rest', '/users'],
    ['/users/:id', '/users{/:id}'],
    ['/users/*rest/end', '/users/me/other'],
    ['/files/:name.json', '/files/one'],
    ['/files/:name.json', '/files/:name'],
    ['/users', '/notes'],
  ])('%s does not cover %s', (first, second) => {
    expect(covers(first, second)).toBe(false);
  });
});

test('the shape of a pattern contains no parameter names', () => {
  expect(shapeOf('/Users/:id/notes/*rest')).toBe('users/:/notes/*');
  expect(shapeOf('/users{/:id}')).toBe(shapeOf('/users{/:name}'));
});

test('a sample of a pattern is a path that no literal route has', () => {
  expect(sampleOf('/users/:id/*rest')).toMatch(/^\/users\/some-value-\w+\/some-value-\w+$/);
  expect(sampleOf('/')).toBe('/');
});
