import type { AuthError } from '@acme/nest-auth';
import { oldTokens } from '@acme/nest-auth/old-tokens';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { startApp, type TestApp } from '../../support/app.js';
import { OLD_SECRET, oldAccess } from '../../support/old-tokens.js';

let app: TestApp | undefined;
afterEach(async () => {
  await app?.close();
  app = undefined;
});

describe('boot', () => {
  const PEM = '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----';
  const start = async (options: object): Promise<string> => {
    try {
      app = await startApp({ features: [oldTokens()], options: { oldTokens: options as never } });
      return 'started';
    } catch (error) {
      return `${(error as AuthError).code}: ${(error as Error).message}`;
    }
  };
  const access = { key: OLD_SECRET, alg: 'HS256' };
  const refresh = () => null;
  const refused = /^invalid_configuration: /;

  test.each([
    [{ access }, 'until is missing'],
    [{ until: 'soon', access }, "until is not a day; write it as in '2027-03-31', or a Date"],
    [{ until: new Date('soon'), access }, 'until is not a day'],
    [{ until: 20270331, access }, 'until is a number'],
    [{ until: '2031-06-01', access }, 'until is more than 400 days ahead'],
    [{ until: '2030-02-01' }, 'access is missing, and so is oldTokens.refresh'],
    [{ until: '2030-02-01', access: { alg: 'HS256' } }, 'access.key is missing'],
    [{ until: '2030-02-01', access: { key: OLD_SECRET } }, 'access.alg is missing'],
    [{ until: '2030-02-01', access: { ...access, alg: 'none' } }, "access.alg must be 'HS256'"],
    [{ until: '2030-02-01', access: { ...access, key: 'secretKey' } }, 'key is shorter than 16 bytes'],
    [{ until: '2030-02-01', access: { ...access, key: PEM } }, 'key is a public or private key'],
    [{ until: '2030-02-01', access: { ...access, alg: 'RS256' } }, "not the RSA key that alg 'RS256' needs"],
    [{ until: '2030-02-01', access: { key: PEM, alg: 'ES256' } }, "not the EC key that alg 'ES256' needs"],
    [{ until: '2030-02-01', access, secret: 'x' }, 'oldTokens.secret is not an option'],
    [{ until: '2030-02-01', access, refresh }, 'access.user must tell access tokens from refresh tokens'],
  ])('refuses %j and says what to do', async (options, words) => {
    const message = await start(options);
    expect(message).toMatch(refused);
    expect(message).toContain(words);
    for (const secret of [OLD_SECRET, 'secretKey', 'MCowBQYDK2VwAyEA']) expect(message).not.toContain(secret);
  });

  test('names all problems at once, those of single options and those of several', async () => {
    const message = await start({ until: '2031-06-01', access: { ...access, key: 'secretKey' }, refresh, secret: 'x' });
    const lines = message.split('\n').slice(1);
    expect(lines.map((line) => /oldTokens[.\w]*/.exec(line)?.[0])).toEqual([
      'oldTokens.secret',
      'oldTokens.until',
      'oldTokens.access.key',
      'oldTokens.access.user',
    ]);
  });

  test.each([
    ['old access tokens alone', { access }],
    ['old refresh tokens alone', { refresh }],
    ['both, if `user` tells them apart', { access: { ...access, user: () => null }, refresh }],
  ])('accepts %s', async (_, options) => {
    expect(await start({ until: '2030-02-01', ...options })).toBe('started');
  });

  test('logs that the feature can be removed after `until`', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    try {
      expect(await start({ until: '2029-12-31', access })).toBe('started');
      expect(warn.mock.calls.flat()).toContainEqual(expect.stringContaining('Remove oldTokens()'));
      const answer = await app?.as(oldAccess('1')).get('/auth/me').expect(401);
      expect(answer?.body.code).toBe('invalid_token');
    } finally {
      warn.mockRestore();
    }
  });
});
