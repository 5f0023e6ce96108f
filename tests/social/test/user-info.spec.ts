import type { ServerResponse } from 'node:http';
import type { IdentityMapping } from '@acme/nest-auth/social';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { allowInsecureRequests, type Configuration, discovery } from 'openid-client';
import { Strategy } from 'openid-client/passport';
import { type App, freePort, logInWith, PLATFORMS, startApp } from '../src/app.js';
import { openIdProvider } from '../src/open-id-provider.js';
import { identityBy } from '../src/user-info.js';

const ANN = { id: 'p-1', email: 'ann@example.org', verified: true, name: 'Ann' };

const answersWith = (body: object) => (response: ServerResponse) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));

describe.each(PLATFORMS)('on %s, a mapping that asks UserInfo', (platform) => {
  let provider: Awaited<ReturnType<typeof openIdProvider>>;
  let config: Configuration;
  let app: App;
  let identity: IdentityMapping;

  beforeAll(async () => {
    const port = await freePort();
    provider = await openIdProvider(ANN, [`http://127.0.0.1:${port}/auth/login/acme/callback`]);
    const { url, client } = provider;
    config = await discovery(new URL(url), client.id, client.secret, undefined, { execute: [allowInsecureRequests] });
    app = await startApp(platform, {
      port,
      strategies: { acme: Strategy },
      social: { timeout: '1s' },
      providers: {
        acme: { issuer: url, config, scope: 'openid email profile', identity: (answer) => identity(answer) },
      },
    });
    // The provider uses the clock of this machine.
    app.clock.now = Date.now();
  });
  afterAll(async () => {
    await app.close();
    await provider.stop();
  });
  afterEach(() => {
    provider.misbehaviour.userInfo = undefined;
    jest.restoreAllMocks();
  });

  test('gets the address that is missing from the ID token', async () => {
    const claims: unknown[] = [];
    identity = (answer) => {
      claims.push(answer.claims?.email);
      return identityBy(config)(answer);
    };
    expect(await logInWith(app, 'acme')).toMatchObject({ error: undefined, status: 200 });
    expect(claims).toEqual([undefined]);
    expect(await app.userStore.findByLogin(ANN.email)).toMatchObject({ emailVerifiedAt: expect.any(Date) });
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['speaks of somebody else', answersWith({ sub: 'p-2', email: 'eve@example.org', email_verified: true })],
    ['speaks of nobody', answersWith({ email: 'eve@example.org', email_verified: true })],
    ['refuses the token', (response) => void response.writeHead(401).end()],
    ['never answers', () => {}],
  ])('makes no account of an answer that %s: provider_failed', async (_, userInfo) => {
    identity = identityBy(config);
    provider.misbehaviour.userInfo = userInfo;
    await expect(logInWith(app, 'acme')).rejects.toMatchObject({ status: 503, code: 'provider_failed' });
    expect(await app.userStore.findByLogin('eve@example.org')).toBeNull();
  });

  test.each<[string, IdentityMapping, object]>([
    [
      'throws',
      () => {
        throw new Error('hunter2');
      },
      { status: 503, code: 'provider_failed' },
    ],
    ['rejects', () => Promise.reject(new Error('hunter2')), { status: 503, code: 'provider_failed' }],
    ['never ends', () => new Promise(() => {}), { status: 503, code: 'provider_failed' }],
  ])('that %s is a failed login, which ends in time and tells nothing', async (_, mapping, refusal) => {
    identity = mapping;
    const refused = await logInWith(app, 'acme').catch((error: unknown) => error);
    expect(refused).toMatchObject(refusal);
    expect(JSON.stringify(refused)).not.toContain('hunter2');
  });

  test.each([undefined, '', 'undefined', 'null', 'NaN', '[object Object]'])(
    'finds nobody with the subject %j, which everybody could have, and the log says so',
    async (subject) => {
      const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
      identity = () => ({ subject: subject as string, email: ANN.email, emailVerified: true });
      expect(await logInWith(app, 'acme')).toMatchObject({ error: 'provider_answer_refused' });
      expect(warn.mock.calls).toEqual([[expect.stringMatching(/^A login by acme has no subject/)]]);
    },
  );

  test.each<[string, unknown]>([
    ['the text undefined', 'undefined'],
    ['an empty text', ''],
    ['a number', 7],
    ['an object', {}],
    ['no address', 'ann at example.org'],
    ['too long an address', `${'a'.repeat(300)}@example.org`],
  ])('with %s as an email has none: the log says where and what to write, and not the text', async (_, email) => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    identity = () => ({ subject: 'p-3', email: email as string, emailVerified: true });
    expect(await logInWith(app, 'acme')).toMatchObject({ error: 'email_missing' });
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/social\.providers\.acme\.identity .* Write null if the provider gives none/)],
    ]);
    if (String(email).length > 9) expect(String(warn.mock.calls)).not.toContain(String(email));
  });

  test('that returns no email writes nothing to the log', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
    identity = () => ({ subject: 'p-3' });
    expect(await logInWith(app, 'acme')).toMatchObject({ error: 'email_missing' });
    identity = () => ({ subject: 'p-3', email: null });
    expect(await logInWith(app, 'acme')).toMatchObject({ error: 'email_missing' });
    expect(warn).not.toHaveBeenCalled();
  });
});
