import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cleanEnv } from '../pnpm.mjs';

const BOOT_TAKES_AT_MOST = 60_000;

/** Starts the README's first program, built, and sends it a few requests. @returns the problem, if there was one */
export async function problemOfBoot(cwd, node, file = 'dist/main') {
  const app = start(cwd, node, file);
  let output = '';
  const ended = new Promise((resolve) => app.on('close', resolve));
  const listening = new Promise((resolve) => {
    const read = (chunk) => {
      output += chunk;
      const url = /Listening on (\S+)\n/.exec(output)?.[1];
      if (url) resolve(url);
    };
    app.stdout.on('data', read);
    app.stderr.on('data', read);
  });

  try {
    const url = await Promise.race([listening, ended.then(() => undefined)]);
    if (url === undefined) return output || 'It ended before it listened, without a word.';
    await keepsItsPromises(url);
  } catch (error) {
    return `${error.stack}\n${output}`;
  } finally {
    app.kill();
    await ended;
  }
}

/** Starts it with an option that does not exist. @returns the problem, unless it refused and said why */
export async function problemOfRefusal(cwd, node, file = 'dist/main') {
  const { path, env } = node;
  const app = start(cwd, { path, env: { ...env, FURTHER_OPTIONS: '{"colour":"red"}' } }, file);
  let output = '';
  app.stdout.on('data', (chunk) => {
    output += chunk;
    // It should have failed earlier.
    if (output.includes('Listening on')) app.kill();
  });
  app.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const code = await new Promise((resolve) => app.on('close', resolve));
  return code > 0 && output.includes('colour') ? undefined : `The unknown option "colour" was not refused:\n${output}`;
}

function start(cwd, { path, env }, file) {
  const secret = () => randomBytes(32).toString('base64url');
  return spawn(path, [file], {
    cwd,
    env: cleanEnv({ NO_COLOR: '1', AUTH_ACCESS_SECRET: secret(), AUTH_REFRESH_SECRET: secret(), ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: BOOT_TAKES_AT_MOST,
  });
}

async function keepsItsPromises(url) {
  const ask = async (path, init) => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) : undefined };
  };
  const post = (path, body) =>
    ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  const is = (status, answer) => assert.equal(answer.status, status, answer.text);

  is(200, await ask('/notes/count'));
  const anonymous = await ask('/notes');
  is(401, anonymous);
  assert.equal(anonymous.body.code, 'missing_token');

  const ada = { email: 'ada@example.com', password: 'a long and quiet river at 5' };
  is(201, await post('/auth/register', ada));
  is(401, await post('/auth/login', { ...ada, password: 'a short and loud river at 5' }));
  const login = await post('/auth/login', ada);
  is(200, login);

  const signedIn = { headers: { authorization: `Bearer ${login.body.access_token}` } };
  is(200, await ask('/notes', signedIn));
  is(403, await ask('/notes/all', signedIn));
}
