// Starts each example after a build and an install: it must answer, install nothing, and print only its own output.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanEnv, root } from '../pnpm.mjs';

const EXAMPLES = ['notes-api', 'quick-start', 'resource-server'];
/** Environment without other servers and without fixed ports. */
const WITHOUT_SERVERS = { DATABASE_URL: '', REDIS_URL: '', ACME_ID_ISSUER: '', ACME_ID_PORT: '0' };
const STARTING_TAKES_AT_MOST = 120_000;

const data = mkdtempSync(join(tmpdir(), 'nest-auth-start-'));
try {
  for (const example of EXAMPLES) {
    const problem = await problemOf(example);
    console.log(`npm start, ${example}: ${problem ?? 'ok'}`);
    if (problem) process.exitCode = 1;
  }
} finally {
  rmSync(data, { recursive: true, force: true });
}

/** The problem, if there is one. */
async function problemOf(example) {
  const app = spawn(process.execPath, ['scripts/start.mjs', example], {
    cwd: root,
    env: cleanEnv({ NO_COLOR: '1', PORT: await freePort(), DATA_DIR: data, ...WITHOUT_SERVERS }),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: STARTING_TAKES_AT_MOST,
  });
  let output = '';
  for (const stream of [app.stdout, app.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
      // The tour begins with the address.
      if (/listen\w* on http:.+/i.test(output)) app.kill();
    });
  }
  await new Promise((resolve) => app.on('close', resolve));
  const [before, url] = output.split(/listen\w* on (http:\S+)/i);
  if (!url) return `it did not start:\n${output}`;
  const foreign = before.split('\n').filter((line) => line.trim() !== '' && !/\[Nest\]|issuer/.test(line));
  return foreign.length > 0 ? `it says too much:\n${foreign.join('\n')}` : undefined;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(String(port)));
    });
  });
}
