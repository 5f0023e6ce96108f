import { expect, test } from '@jest/globals';
import { logInWith, me, newVerifier } from '../src/app.js';
import { Browser, fragmentOf } from '../src/browser.js';
import { somebody, worldWith } from '../src/world.js';

const world = worldWith(['google']);

async function codeFor(challenge: string): Promise<string> {
  const page = await new Browser().open(`${world.app.origin}/auth/login/google?code_challenge=${challenge}`);
  return fragmentOf(page).code ?? '';
}

const exchange = (code: string, code_verifier: string) =>
  world.app.http('POST', '/auth/login/code', { code, code_verifier });

test('the code of a login works once', async () => {
  world.is('google', somebody());
  const { verifier, challenge } = newVerifier();
  const code = await codeFor(challenge);
  expect((await exchange(code, verifier)).status).toBe(200);
  expect(await exchange(code, verifier)).toMatchObject({ status: 400, body: { code: 'invalid_login_code' } });
});

test('the code of a login is of no use without the verifier, and used up by a wrong one', async () => {
  world.is('google', somebody());
  const { verifier, challenge } = newVerifier();
  const code = await codeFor(challenge);
  expect((await exchange(code, newVerifier().verifier)).body.code).toBe('invalid_login_code');
  expect((await exchange(code, verifier)).body.code).toBe('invalid_login_code');
});

test('the code of a login runs out after a minute', async () => {
  world.is('google', somebody());
  const { verifier, challenge } = newVerifier();
  const code = await codeFor(challenge);
  world.app.clock.advance(61);
  expect((await exchange(code, verifier)).body.code).toBe('invalid_login_code');
});

test('the code of a login is void once the account is disabled', async () => {
  const person = somebody();
  world.is('google', person);
  const { tokens } = await logInWith(world.app, 'google');
  const { body } = await me(world.app, tokens?.access_token ?? '');
  const { verifier, challenge } = newVerifier();
  const code = await codeFor(challenge);
  world.app.userStore.update(body.id, { disabledAt: new Date() });
  expect((await exchange(code, verifier)).body.code).toBe('invalid_login_code');
});

test('an access token tells that others have authenticated the user, and who', async () => {
  world.is('google', somebody());
  const { tokens } = await logInWith(world.app, 'google');
  const claims = JSON.parse(Buffer.from(tokens?.access_token.split('.')[1] ?? '', 'base64url').toString());
  expect(claims.amr).toEqual(['fed', 'google']);
});

test('no address of a login has a token in it', async () => {
  world.is('google', somebody());
  const browser = new Browser();
  const { tokens, page } = await logInWith(world.app, 'google', browser);
  const seen = [...browser.visited, page].join('\n');
  expect(seen).not.toContain(tokens?.access_token);
  expect(seen).not.toContain(tokens?.refresh_token);
  for (const token of world.fake('google').tokens.keys()) expect(seen).not.toContain(token);
  expect((await me(world.app, tokens?.access_token ?? '')).status).toBe(200);
});
