import { describe, expect, test } from '@jest/globals';
import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { SECRETS } from '../../../test/support/app.js';
import { memoryStores } from '../../memory/memory-stores.js';
import { AuthModule } from '../auth.module.js';

const options = () => ({ ...memoryStores(), secrets: SECRETS });
const useFactory = () => options();
class Empty {}

async function refusal(register: (module: Record<string, (options?: unknown) => object>) => object): Promise<string[]> {
  try {
    const imported = register(AuthModule as never) as never;
    await Test.createTestingModule({ imports: [imported] }).compile();
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid_configuration' });
    return (error as Error).message.split('\n').slice(1);
  }
  throw new Error('accepted');
}

describe('forRoot', () => {
  test.each<[unknown, string]>([
    [undefined, 'forRoot is called with undefined; pass the options, as in forRoot({ … })'],
    [Empty, 'forRoot is called with the class Empty'],
    [Promise.resolve({}), 'forRoot is called with a promise'],
    [{ routes: true }, 'routes is true; leave it out for the default, or write false'],
    [{ routes: 'auth' }, 'routes is a string'],
    [{ routes: { prefix: 5 } }, 'routes.prefix is a number'],
    [{ routes: { signup: false } }, 'routes.signup is not an option; choose from prefix, register, login, '],
    [{ routes: { register: 'false' } }, 'routes.register is a string; write true or false'],
    [{ globalGuard: 'false' }, 'globalGuard is a string; write true or false'],
    [{ isGlobal: null }, 'isGlobal is null; write true or false'],
    [{ features: {} }, 'features is an object; write a list'],
    [{ features: [function totp() {}] }, 'features[0] is the function totp; call it: totp()'],
    [{ features: [null] }, 'features[0] is null'],
    [{ features: [{ module: {} }] }, 'features[0] has no name'],
  ])('refuses %p', async (given, problem) => {
    const extra = typeof given === 'object' && given && !('then' in given) ? { ...options(), ...given } : given;
    expect(await refusal(({ forRoot }) => forRoot!.call(AuthModule, extra))).toEqual([
      expect.stringContaining(`  - ${problem}`),
    ]);
  });
});

describe('forRootAsync', () => {
  test.each<[unknown, string]>([
    [undefined, 'forRootAsync is called with undefined; pass { useFactory: () => ({ … }) }'],
    [{}, 'forRootAsync needs one of useFactory, useClass and useExisting, and has none'],
    [
      { useFactory, useClass: Empty },
      'forRootAsync needs one of useFactory, useClass and useExisting, and has useFactory and useClass',
    ],
    [{ useFactory: options() }, 'useFactory is an object; write a function that returns the options'],
    [
      { useFactory: (config: object) => config },
      'useFactory takes 1 parameters, and inject lists 0; list a token for each',
    ],
    [{ useFactory, inject: Empty }, 'inject is the class Empty; write a list'],
    [{ useFactory, imports: Empty }, 'imports is the class Empty; write a list'],
    [{ useFactory, ttl: { access: '1m' } }, 'ttl is a value; return it from useFactory, do not write it beside it'],
    [{ useFactory, global: true }, 'global is not an option of forRootAsync'],
    [{ useFactory, routes: true }, 'routes is true'],
    [{ useClass: Empty }, 'Empty lacks createAuthModuleOptions(), which useClass and useExisting need'],
    [{ useFactory: () => undefined }, 'options are missing; return them from useFactory'],
    [{ useFactory: async () => null }, 'options are missing'],
    [{ useFactory: () => () => options() }, 'options are a function; return an object from useFactory'],
    [
      { useFactory: () => ({ ...options(), globalGuard: false }) },
      'globalGuard shapes the module; write it beside useFactory',
    ],
  ])('refuses %p', async (given, problem) => {
    expect(await refusal(({ forRootAsync }) => forRootAsync!.call(AuthModule, given))).toEqual([
      expect.stringContaining(`  - ${problem}`),
    ]);
  });

  test('useExisting names a class without the method too', async () => {
    @Module({ providers: [Empty], exports: [Empty] })
    class ConfigModule {}
    const given = { imports: [ConfigModule], useExisting: Empty };
    expect(await refusal(({ forRootAsync }) => forRootAsync!.call(AuthModule, given))).toEqual([
      expect.stringContaining('Empty lacks createAuthModuleOptions()'),
    ]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new RangeError("the team's own");
      },
    ],
    [
      'rejects',
      async () => {
        throw new RangeError("the team's own");
      },
    ],
  ])('a factory that %s ends the boot with its own error', async (_, failing) => {
    const auth = AuthModule.forRootAsync({ useFactory: failing as never });
    await expect(Test.createTestingModule({ imports: [auth] }).compile()).rejects.toThrow(
      new RangeError("the team's own"),
    );
  });
});

describe('a resource server', () => {
  test.each<[string, unknown, string]>([
    ['forResourceServer', undefined, 'forResourceServer is called with undefined'],
    ['forResourceServer', { globalGuard: 1 }, 'globalGuard is a number'],
    ['forResourceServerAsync', {}, 'forResourceServerAsync needs one of useFactory'],
    ['forResourceServerAsync', { useClass: Empty }, 'Empty lacks createResourceServerOptions()'],
    ['forResourceServerAsync', { useFactory: () => 5 }, 'options are a number; return an object'],
    [
      'forResourceServer',
      { keys: '', issuer: 'https://a.example', audience: 'notes' },
      'keys is empty (is the environment variable set?)',
    ],
    [
      'forResourceServer',
      { keys: SECRETS.access, issuer: 'https://a.example', audience: 'notes', clock: 5 },
      'clock is a number; write a function',
    ],
  ])('%s refuses %p', async (method, given, problem) => {
    const complete = { keys: SECRETS.access, issuer: 'https://a.example', audience: 'notes' };
    const whole = given && 'globalGuard' in (given as object) ? { ...complete, ...(given as object) } : given;
    expect(await refusal((module) => module[method]!.call(AuthModule, whole))).toEqual([
      expect.stringContaining(`  - ${problem}`),
    ]);
  });
});
