import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type App, bearer, logInWith, newVerifier, PAGE, register, startApp } from '../src/app.js';
import { Browser } from '../src/browser.js';
import { somebody, worldWith } from '../src/world.js';

const DEEP = 'https://app.example.org/notes?tab=all';

const world = worldWith(['google', 'github', 'apple'], {
  // As in the READMEs. It must neither lose our verifier nor need a session.
  more: { google: { state: true, pkce: true }, github: { state: 'a fixed state' } },
  social: { timeout: '1s' },
});

test.each(['google', 'github'])('%s logs in although the app gave it a state of its own', async (name) => {
  world.is(name, somebody());
  expect(await logInWith(world.app, name)).toMatchObject({ status: 200 });
  expect(world.fake(name).problems).toEqual([]);
});

const failures = [
  ['answers with rubbish', (response) => response.writeHead(200).end('<html>')],
  ['answers with a JSON null', (response) => response.end('null')],
  ['says that it is broken', (response) => response.writeHead(500).end('{"error":"server_error"}')],
  ['hangs up', (response) => response.destroy()],
  ['never answers', () => {}],
] as const satisfies readonly (readonly [string, (response: import('node:http').ServerResponse) => unknown])[];

describe.each(['token', 'api'] as const)('if the %s endpoint of a provider', (endpoint) => {
  test.each(failures)('%s, the login is a 503 and the app lives', async (_, answer) => {
    world.is('github', somebody());
    world.fake('github').misbehaviour = { [endpoint]: answer };
    const failed = await logInWith(world.app, 'github').catch((error: unknown) => error);
    expect(failed).toMatchObject({ status: 503, code: 'provider_failed' });
    world.fake('github').misbehaviour = {};
    expect(await logInWith(world.app, 'github')).toMatchObject({ status: 200 });
  });
});

test('a code that the provider does not know is a failed login, not an account', async () => {
  world.is('github', somebody());
  world.fake('github').misbehaviour = { authorize: (answer) => answer.set('code', 'made up') };
  const failed = await logInWith(world.app, 'github').catch((error: unknown) => error);
  expect(failed).toMatchObject({ status: 503, code: 'provider_failed' });
});

test('a name in a form that is no JSON ends neither the login nor the process', async () => {
  world.is('apple', somebody());
  // passport-apple would parse it without catching errors.
  world.fake('apple').misbehaviour = { authorize: (answer) => answer.set('user', '{not json') };
  expect(await logInWith(world.app, 'apple')).toMatchObject({ status: 200 });
});

/** Invented strategies, one for each mistake. */
class Hostile {
  constructor(
    private readonly options: { readonly mistake: string },
    private readonly verify: (...given: unknown[]) => void,
  ) {}

  authenticate(this: Hostile & Run, request: { query: { code?: string }; session: Record<string, unknown> }): unknown {
    if (request.query.code === undefined) {
      if (this.options.mistake === 'at the start') throw new Error('at the start');
      if (this.options.mistake === 'fails at the start') return this.fail('no');
      request.session.began = true;
      return this.redirect('https://provider.example/authorize?state=a-state-of-the-strategy');
    }
    switch (this.options.mistake) {
      case 'throws':
        throw new Error('a secret: hunter2');
      case 'rejects':
        return Promise.reject(new Error('a secret: hunter2'));
      case 'fails':
        return this.fail('no');
      case 'passes':
        return this.pass();
      case 'redirects':
        return this.redirect('https://provider.example/authorize');
      case 'brings its own user':
        return this.success({ id: 'admin' });
      case 'says nothing of anybody':
        return this.verify(request, {}, (error: unknown, user: unknown) => this.success(user ?? error));
      case 'reads its session':
        return this.verify(request, { id: String(request.session.began) }, (_: unknown, user: unknown) =>
          this.success(user),
        );
      default:
        return undefined;
    }
  }
}

interface Run {
  success(user: unknown): void;
  fail(challenge: unknown): void;
  pass(): void;
  redirect(url: string): void;
}

describe('a strategy', () => {
  const mistakes = [
    'throws',
    'rejects',
    'fails',
    'passes',
    'redirects',
    'brings its own user',
    'says nothing of anybody',
    'never calls back',
    'at the start',
    'fails at the start',
  ];
  let app: App;
  const name = (mistake: string) => mistake.replaceAll(' ', '-');
  const all = [...mistakes, 'reads its session'];

  beforeAll(async () => {
    app = await startApp('express', {
      strategies: Object.fromEntries(all.map((mistake) => [name(mistake), Hostile as never])),
      social: { timeout: '1s', returnTo: [PAGE, DEEP] },
      providers: Object.fromEntries(
        all.map((mistake) => [
          name(mistake),
          {
            mistake,
            issuer: 'https://provider.example',
            identity: ({ profile }) => ({ subject: profile.id as string, email: 'eve@example.org' }),
          },
        ]),
      ),
    });
  });
  afterAll(() => app.close());

  const begin = (mistake: string, browser: Browser) =>
    browser.request(`${app.origin}/auth/login/${name(mistake)}?code_challenge=${newVerifier().challenge}`);
  const complete = async (mistake: string) => {
    const browser = new Browser();
    await begin(mistake, browser);
    return browser.request(`${app.origin}/auth/login/${name(mistake)}/callback?code=x&state=a-state-of-the-strategy`);
  };

  test.each([
    ['throws', 503, 'provider_failed'],
    ['rejects', 503, 'provider_failed'],
    ['brings its own user', 503, 'provider_failed'],
    ['never calls back', 503, 'provider_failed'],
  ])('that %s is a %i, and the app lives', async (mistake, status, code) => {
    const answer = await complete(mistake);
    const body = (await answer.json()) as { code: string };
    expect([answer.status, body.code]).toEqual([status, code]);
    expect(JSON.stringify(body)).not.toContain('hunter2');
  });

  test.each(['fails', 'passes', 'redirects', 'says nothing of anybody'])(
    'that %s is a refused login',
    async (mistake) => {
      const answer = await complete(mistake);
      expect(answer.headers.get('location')).toBe('https://app.example.org/welcome#error=provider_answer_refused');
    },
  );

  test('that throws at the start is a 503', async () => {
    const answer = await begin('at the start', new Browser());
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([503, 'provider_failed']);
  });

  test('that fails at the start is a refused login, at the page that a link was to lead to', async () => {
    const { access_token } = await register(app, 'owner@example.org');
    const answer = await begin('fails at the start', new Browser());
    expect(answer.headers.get('location')).toBe(`${PAGE}#error=provider_answer_refused`);
    const path = `/auth/identities/${name('fails at the start')}`;
    const begun = await app.http('POST', path, { return_to: DEEP }, bearer(access_token));
    const link = await new Browser().request(begun.body.url);
    expect(link.headers.get('location')).toBe(`${DEEP}#error=provider_answer_refused`);
  });

  test('that wants a session gets one, without a middleware', async () => {
    expect((await complete('reads its session')).headers.get('location')).toMatch(/#code=/);
  });
});
