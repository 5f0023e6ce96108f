import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cleanEnv } from '../pnpm.mjs';

const BOOT_TAKES_AT_MOST = 60_000;

/** Starts the built app as production would and asks it a few things. @returns what was wrong, if anything was */
export async function problemOfBoot(cwd, { path, env }) {
  const app = spawn(path, ['dist/main'], {
    cwd,
    env: cleanEnv({ NO_COLOR: '1', ...env }),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: BOOT_TAKES_AT_MOST,
  });
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

async function keepsItsPromises(url) {
  const ask = async (path, init) => {
    const response = await fetch(`${url}${path}`, init);
    const text = await response.text();
    return { status: response.status, text, body: text.startsWith('{') ? JSON.parse(text) : undefined };
  };
  const hello = await ask('/');
  assert.equal(hello.status, 200, hello.text);

  const anonymous = await ask('/notes');
  assert.equal(anonymous.status, 401, anonymous.text);
  assert.equal(anonymous.body.code, 'missing_token');

  const registered = await ask('/auth/register', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.com', password: 'a long and quiet river at 5' }),
  });
  assert.equal(registered.status, 201, registered.text);

  const notes = await ask('/notes', { headers: { authorization: `Bearer ${registered.body.access_token}` } });
  assert.equal(notes.status, 200, notes.text);
  assert.equal(notes.body.injected, true);
}
