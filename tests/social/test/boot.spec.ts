import { AuthModule, type AuthOptions, BcryptHasher, memoryStores } from '@acme/nest-auth';
import { social } from '@acme/nest-auth/social';
import { describe, expect, test } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { Strategy as Facebook } from 'passport-facebook';
import { Strategy as Google } from 'passport-google-oauth20';

const SECRETS = {
  access: 'vX3kQm8TzR1nWc6YpL0sJd9fHbGa2uEe4oKiN7rVtBw',
  refresh: 'qZ7hUe2MxC5jRn9LbPf4WsGk1TdYv8oAi3EyJ6mKcXg',
};
const CLIENT = { clientID: 'client', clientSecret: 'hunter2' };
const GOOD = {
  url: 'https://api.example.org/auth',
  returnTo: ['https://app.example.org/welcome'],
  providers: { google: CLIENT },
};

async function boot(
  options: object | undefined,
  strategies: Parameters<typeof social>[0] = { google: Google },
  others: Partial<AuthOptions> = {},
) {
  const module = await Test.createTestingModule({
    imports: [
      AuthModule.forRootAsync({
        features: [social(strategies)],
        useFactory: () => ({
          ...memoryStores(),
          secrets: SECRETS,
          password: { hasher: new BcryptHasher({ cost: 10 }) },
          ...others,
          ...(options === undefined ? {} : { social: options as never }),
        }),
      }),
    ],
  }).compile();
  await module.init();
  await module.close();
}

describe('an app', () => {
  test('boots with a provider, its id and its secret', async () => {
    await expect(boot(GOOD)).resolves.toBeUndefined();
  });

  test.each([
    ['no options', undefined, /social\.url is missing.*\n.*social\.returnTo is missing/],
    [
      'an address without TLS',
      { ...GOOD, url: 'http://api.example.org/auth' },
      /social\.url does not begin with https/,
    ],
    ['no page', { ...GOOD, returnTo: [] }, /social\.returnTo names no page/],
    ['a page without TLS', { ...GOOD, returnTo: ['http://app.example.org/'] }, /social\.returnTo\[0\] does not begin/],
    ['a script as a page', { ...GOOD, returnTo: ['javascript:alert(1)'] }, /social\.returnTo\[0\] has a scheme/],
    ['a page with a fragment', { ...GOOD, returnTo: ['https://a.example/#x'] }, /behind #/],
    ['a page with credentials', { ...GOOD, returnTo: ['https://a:b@a.example/'] }, /has credentials/],
    [
      'a secret that is not set',
      { ...GOOD, providers: { google: { ...CLIENT, clientSecret: undefined } } },
      /google\.clientSecret/,
    ],
    ['an id that is empty', { ...GOOD, providers: { google: { ...CLIENT, clientID: '' } } }, /google\.clientID/],
    ['a provider without options', { ...GOOD, providers: {} }, /social\.providers\.google is missing/],
    [
      'options without a strategy',
      { ...GOOD, providers: { google: CLIENT, github: CLIENT } },
      /social\(\) has no strategy for social\.providers\.github; write social\(\{ github: … \}\)/,
    ],
    [
      'another server without its issuer',
      { ...GOOD, providers: { google: { ...CLIENT, tokenURL: 'https://x.example' } } },
      /google\.issuer is missing/,
    ],
    [
      'an id under a wrong name, and another mistake',
      { ...GOOD, url: '/auth', providers: { google: { clientId: 'client', clientSecret: 'hunter2' } } },
      /social\.url is not a URL.*\n.*google is refused by the strategy \(TypeError\); write clientID in place of clientId\./,
    ],
    [
      'options that the strategy refuses',
      { ...GOOD, providers: { google: {} } },
      /google is refused by the strategy \(TypeError\); compare the options with its README/,
    ],
    [
      'a client that is made for each tenant, and other options that are wrong',
      { ...GOOD, providers: { google: () => CLIENT, github: CLIENT } },
      /start:\n.*no strategy for social\.providers\.github; [^\n]*$/,
    ],
    [
      'keys without TLS',
      { ...GOOD, providers: { google: { ...CLIENT, jwksUri: 'http://x.example' } } },
      /jwksUri does not/,
    ],
    [
      'a client id that is no list',
      { ...GOOD, providers: { google: { ...CLIENT, appIds: 'ios' } } },
      /appIds is not a list/,
    ],
  ])('with %s does not boot, and hears what to do', async (_, options, message) => {
    const refusal = await boot(options).catch((error: Error) => error);
    expect(refusal).toMatchObject({ code: 'invalid_configuration', message: expect.stringMatching(message) });
    expect(String((refusal as Error).message)).not.toContain('hunter2');
  });

  test('with many mistakes hears of all at once, also of those in other options', async () => {
    const options = {
      ...GOOD,
      returnTo: [],
      providers: { google: { clientID: '', clientSecret: undefined, jwksUri: 'x:' }, acme: CLIENT, extra: CLIENT },
    };
    const strategies = { google: Google, acme: Facebook, late: Facebook, lost: undefined as never };
    const { message } = (await boot(options, strategies, { ttl: { access: 'long' } as never }).catch(
      (error: unknown) => error,
    )) as Error;
    expect([...message.matchAll(/^ {2}- (social\(\{ \w+ \}\)|\S+)/gm)].map(([, option]) => option)).toEqual([
      'ttl.access',
      'social.returnTo',
      'social()',
      'social.providers.google.clientID',
      'social.providers.google.clientSecret',
      'social.providers.google.jwksUri',
      'social.providers.acme.issuer',
      'social.providers.late',
      'social({ lost })',
      'social.providers.lost',
    ]);
  });

  test('with a strategy that was imported by a wrong name hears that it is not a class', async () => {
    await expect(boot(GOOD, { google: undefined as never })).rejects.toThrow(
      /social\(\{ google \}\) is not a class; import the strategy as its package's README says\.$/,
    );
  });

  test('with a provider that nobody knows has to name its issuer', async () => {
    const strategies = { acme: Facebook };
    await expect(boot({ ...GOOD, providers: { acme: CLIENT } }, strategies)).rejects.toThrow(/acme\.issuer is missing/);
    const issuer = 'https://id.acme.example';
    await expect(boot({ ...GOOD, providers: { acme: { ...CLIENT, issuer } } }, strategies)).resolves.toBeUndefined();
  });

  test('with a strategy that needs no client id boots, also under the name of a known provider', async () => {
    class Other {
      readonly name = 'other';
      authenticate() {}
    }
    await expect(boot({ ...GOOD, providers: { google: { config: {} } } }, { google: Other })).resolves.toBeUndefined();
  });

  test('with a name that no address can have does not boot', async () => {
    const providers = { 'Google+': CLIENT };
    await expect(boot({ ...GOOD, providers }, { 'Google+': Google })).rejects.toThrow(
      /social\(\{ Google\+ \}\) has an invalid name/,
    );
  });
});
