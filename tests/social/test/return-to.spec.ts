import { describe, expect, test } from '@jest/globals';
import { newVerifier, PAGE } from '../src/app.js';
import { Browser } from '../src/browser.js';
import { somebody, worldWith } from '../src/world.js';

const DEEP = 'https://app.example.org/notes?tab=all';
const APP = 'org.example.app:/welcome';
const world = worldWith(['google'], { social: { returnTo: [PAGE, DEEP, APP] } });

const begin = (returnTo?: string) => {
  const asked = returnTo === undefined ? '' : `&return_to=${encodeURIComponent(returnTo)}`;
  return `${world.app.origin}/auth/login/google?code_challenge=${newVerifier().challenge}${asked}`;
};

const HOSTILE = [
  'https://evil.example/',
  '//evil.example/welcome',
  '///evil.example',
  '////evil.example',
  '\\\\evil.example',
  '/\\evil.example',
  '\\/evil.example',
  '/\t/evil.example',
  'https:evil.example',
  'https:/evil.example',
  'https:\\\\evil.example',
  'http://app.example.org/welcome',
  'HTTPS://app.example.org/welcome',
  'https://APP.example.org/welcome',
  'https://app.example.org',
  'https://app.example.org/',
  'https://app.example.org/welcome/',
  'https://app.example.org/welcome/../evil',
  'https://app.example.org/welcome/%2e%2e/evil',
  'https://app.example.org/welcome?next=https://evil.example',
  'https://app.example.org/welcome#',
  'https://app.example.org/welcome#access_token=x',
  'https://app.example.org/welcome%00',
  'https://app.example.org/welcome%0d%0aSet-Cookie:%20a=b',
  'https://app.example.org/welcome\r\nSet-Cookie: a=b',
  'https://app.example.org/welcome\u2028',
  ' https://app.example.org/welcome',
  'https://app.example.org/welcome ',
  'https://app.example.org@evil.example/welcome',
  'https://app.example.org:443/welcome',
  'https://app.example.org:8443/welcome',
  'https://app.example.org.evil.example/welcome',
  'https://evilapp.example.org/welcome',
  'https://app.example.org%2eevil.example/welcome',
  'https://app.example.org\\@evil.example/welcome',
  'https://user:secret@app.example.org/welcome',
  'https://app。example.org/welcome',
  'https://аpp.example.org/welcome',
  'javascript:alert(1)',
  'JavaScript://app.example.org/welcome%0aalert(1)',
  'java\nscript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'org.example.app:/welcome?x',
  'org.example.app://welcome',
  '/welcome',
  'welcome',
  '',
];

describe('the page that a login ends at', () => {
  test.each(HOSTILE)('is refused if it is not listed: %j', async (payload) => {
    const refused = await new Browser().open(begin(payload)).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 400, code: 'invalid_request', body: { field: 'return_to' } });
  });

  test('is refused if it is named twice', async () => {
    const twice = `${begin(PAGE)}&return_to=https://evil.example/`;
    const refused = await new Browser().open(twice).catch((error: unknown) => error);
    expect(refused).toMatchObject({ status: 400, code: 'invalid_request' });
  });

  test('is the first of the list if nobody asks for another', async () => {
    world.is('google', somebody());
    expect(await new Browser().open(begin())).toMatch(`${PAGE}#code=`);
  });

  test.each([
    [DEEP, 'https://app.example.org/'],
    [APP, 'org.example.app:'],
  ])('may be %s, which is listed', async (page, app) => {
    world.is('google', somebody());
    expect((await new Browser().open(begin(page), app)).startsWith(`${page}#code=`)).toBe(true);
  });

  test('is not chosen by the provider, nor by the browser on its way back', async () => {
    world.is('google', somebody());
    world.fake('google').misbehaviour = { authorize: (answer) => answer.set('return_to', 'https://evil.example/') };
    expect(await new Browser().open(begin())).toMatch(`${PAGE}#code=`);
  });
});
