import { expect, test } from '@jest/globals';
import { secretLines } from './secret.js';

test('a secret is 32 random bytes, and no two are equal', () => {
  const lines = [secretLines(), secretLines()].flatMap((text) => text.split('\n')).filter((line) => line !== '');
  const secrets = lines.map((line) => line.replace(/^AUTH_(ACCESS|REFRESH)_SECRET=/, ''));
  expect(lines.map((line) => line.split('=')[0])).toEqual([
    'AUTH_ACCESS_SECRET',
    'AUTH_REFRESH_SECRET',
    'AUTH_ACCESS_SECRET',
    'AUTH_REFRESH_SECRET',
  ]);
  expect(secrets.map((secret) => Buffer.from(secret, 'base64url').length)).toEqual([32, 32, 32, 32]);
  expect(new Set(secrets).size).toBe(4);
});

test('secrets that are appended to a file without a line end leave its last value as it is', () => {
  expect(`PORT=1${secretLines()}`).toMatch(/^PORT=1\nAUTH_ACCESS_SECRET=[\w-]{43}\nAUTH_REFRESH_SECRET=[\w-]{43}$/);
});
