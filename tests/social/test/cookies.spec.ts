import { FromOtherSites, Public, TokenAnswers } from '@acme/nest-auth';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Post, UseInterceptors } from '@nestjs/common';
import { type App, newVerifier, PAGE, startApp } from '../src/app.js';
import { Browser, fragmentOf } from '../src/browser.js';
import { optionsOf } from '../src/strategies.js';
import { somebody, worldWith } from '../src/world.js';

const COOKIES = { cookies: { secure: false } } as const;

describe('a login by cookie', () => {
  const world = worldWith(['google', 'apple'], { options: { transport: 'cookie', ...COOKIES } });
  const meIn = async (browser: Browser) => browser.request(`${world.app.origin}/auth/me`);

  test.each(['google', 'apple'])('of %s ends at the page, logged in, with nothing in its address', async (provider) => {
    const person = somebody();
    world.is(provider, person);
    const browser = new Browser();
    expect(await browser.open(`${world.app.origin}/auth/login/${provider}`)).toBe(PAGE);
    expect(await (await meIn(browser)).json()).toMatchObject({ email: person.email });
  });

  test('does not log a visitor in to the account of somebody who sent them the address', async () => {
    world.is('google', somebody());
    const attacker = new Browser();
    const first = await attacker.request(`${world.app.origin}/auth/login/google`);
    const back = await attacker.request(first.headers.get('location') ?? '');
    const victim = new Browser();
    expect((await victim.request(back.headers.get('location') ?? '')).status).toBe(400);
    expect((await meIn(victim)).status).toBe(401);
  });

  test('opens the cross-site rule for the form of a provider, and for nothing else', async () => {
    const post = async (path: string, form: string) => {
      const from = 'https://evil.example/';
      return (await new Browser().request(`${world.app.origin}/auth/${path}`, { form, from })).status;
    };
    expect(await post('login/apple/callback', 'state=a&code=b')).toBe(303);
    expect(await post('login/google/callback', 'state=a&code=b')).toBe(400);
    expect(await post('login/code', 'code=a')).toBe(403);
    expect(await post('login', 'email=a')).toBe(403);
    expect(await post('refresh', '')).toBe(403);
  });

  test('takes no code: its tokens are in cookies', async () => {
    world.is('google', somebody());
    const { challenge } = newVerifier();
    const page = await new Browser().open(`${world.app.origin}/auth/login/google?code_challenge=${challenge}`);
    expect(fragmentOf(page)).toEqual({});
    const byBearer = `${world.app.origin}/auth/login/google?transport=bearer&code_challenge=${challenge}`;
    expect(fragmentOf(await new Browser().open(byBearer))).toEqual({ error: 'invalid_request' });
  });
});

describe('a route for forms of other sites', () => {
  @Public()
  @UseInterceptors(TokenAnswers)
  @Controller('forms')
  class FormsController {
    @FromOtherSites()
    @Post('tokens')
    tokens() {
      return { access_token: 'a', refresh_token: 'b' };
    }

    @FromOtherSites()
    @Post('within')
    within() {
      return { user: { access_token: 'a', refresh_token: 'b' } };
    }
  }
  const world = worldWith(['google'], {
    options: { transport: 'cookie', ...COOKIES },
    controllers: [FormsController],
  });

  test.each(['tokens', 'within'])('gives no tokens to any of them: %s', async (path) => {
    const from = 'https://evil.example/';
    const answer = await new Browser().request(`${world.app.origin}/forms/${path}`, { form: 'a=b', from });
    expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('access_token')]);
    expect(answer.headers.getSetCookie()).toEqual([]);
  });
});

describe('with both transports', () => {
  const world = worldWith(['google'], { options: { transport: 'both', ...COOKIES } });

  test('a login is by code, and by cookie if the client says so', async () => {
    world.is('google', somebody());
    const browser = new Browser();
    expect(await browser.open(`${world.app.origin}/auth/login/google?transport=cookie`)).toBe(PAGE);
    const names = Object.keys(browser.cookiesOf(world.app.origin));
    expect(names).toEqual(expect.arrayContaining(['nest-auth-access', 'nest-auth-refresh']));
    const { challenge } = newVerifier();
    const page = await new Browser().open(`${world.app.origin}/auth/login/google?code_challenge=${challenge}`);
    expect(Object.keys(fragmentOf(page))).toEqual(['code']);
  });
});

describe('the cookie of a login that is under way', () => {
  let app: App;
  const world = worldWith(['google']);
  beforeAll(async () => {
    const { CASES } = await import('../src/strategies.js');
    app = await startApp('express', {
      strategies: { google: CASES.google?.strategy as never },
      social: { url: 'https://api.example.org/auth/' },
      providers: { google: optionsOf('google', world.fake('google')) },
    });
  });
  afterAll(() => app.close());

  test('is one that no page, no sibling domain and no reader of the line can plant or see', async () => {
    const { challenge } = newVerifier();
    const answer = await new Browser().request(`${app.origin}/auth/login/google?code_challenge=${challenge}`);
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-Http-social=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/),
    ]);
    expect(new URL(answer.headers.get('location') ?? '').searchParams.get('redirect_uri')).toBe(
      'https://api.example.org/auth/login/google/callback',
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('is not taken from a client that chose its own value', async () => {
    const { challenge } = newVerifier();
    const answer = await fetch(`${app.origin}/auth/login/google?code_challenge=${challenge}`, {
      redirect: 'manual',
      headers: { Cookie: '__Host-Http-social=short' },
    });
    expect(answer.headers.getSetCookie()[0]).not.toContain('=short;');
  });
});
