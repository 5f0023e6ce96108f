// From a fresh clone to a running app: install what the example needs, build it, run it.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { cleanEnv, install, pnpm, root } from './pnpm.mjs';

const [example = 'notes-api'] = process.argv.slice(2);
const withItsPackages = ['--filter', `@acme/example-${example}...`];

// Two starts at once would build over each other: the second waits until the first one's app is up.
const unlock = await lock(join(tmpdir(), `start-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.pid`));
process.on('exit', unlock);

for (const step of [() => install(withItsPackages), () => pnpm([...withItsPackages, 'run', 'build'])]) {
  const { ok, code } = await step();
  if (!ok) process.exit(code);
}

const app = spawn(process.execPath, ['--enable-source-maps', 'dist/main.js'], {
  cwd: join(root, 'examples', example),
  env: cleanEnv(),
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
});
app.on('message', (message) => message === 'ready' && unlock());

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // A terminal sends Ctrl-C to the app as well; a second one would cut its shutdown short.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) app.kill(signal);
  });
}

// npm hands a signal to its shell, and not every shell hands it on: an orphan stops its app too.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && app.kill('SIGTERM'), 300).unref();

app.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));

/** @returns how to unlock, as often as one likes */
async function lock(file) {
  for (let told = false; ; await setTimeout(200)) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => ownerOf(file) === process.pid && rmSync(file);
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = ownerOf(file);
    if (owner === undefined) continue;
    if (!isAlive(owner)) rmSync(file, { force: true });
    else if (!told) console.log(`Waiting for the start that process ${owner} is at.`);
    told = true;
  }
}

/** Who has the lock: undefined when nobody, 0 while it is being written. */
function ownerOf(file) {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function isAlive(pid) {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
