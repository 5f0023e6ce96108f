// From a fresh clone to a running app: installs the example's missing packages, and runs it from its sources.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { cleanEnv, install, root } from './pnpm.mjs';
import { hasDevDependencies, isInstalled, projectsOf } from './start/installed.mjs';

const [example = 'notes-api'] = process.argv.slice(2);
const projects = projectsOf(example);

if (!isInstalled(projects)) {
  // Two installs at once would disturb each other.
  const unlock = await lock(
    join(tmpdir(), `start-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.pid`),
  );
  process.on('exit', unlock);
  if (!isInstalled(projects)) await installFor(projects);
  unlock();
}

const main = ['src/main.ts', 'main.ts'].find((file) => existsSync(join(root, 'examples', example, file)));
const app = spawn(process.execPath, ['--enable-source-maps', join(root, 'scripts/start/run.mjs'), main], {
  cwd: join(root, 'examples', example),
  env: cleanEnv(),
  stdio: 'inherit',
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // A terminal sends Ctrl-C to the app as well; a second one would cut its shutdown short.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) app.kill(signal);
  });
}

// npm passes a signal to its shell, but not every shell forwards it. So this process also stops the app if it is
// orphaned.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && app.kill('SIGTERM'), 300).unref();

app.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));

/** Leaves out packages that only builds and tests need, unless they are already installed. */
async function installFor(projects) {
  console.log(`Installing what examples/${example} needs.`);
  const filters = projects.flatMap((project) => ['--filter', project === '.' ? '.' : `./${project}`]);
  const { ok, code, output } = await install([...filters, ...(hasDevDependencies() ? [] : ['--prod'])], {
    capture: true,
  });
  if (ok) return;
  console.error(output);
  process.exit(code);
}

/** @returns a function that unlocks; it may be called more than once */
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

/** The process that has the lock: undefined if there is none, 0 while the file is being written. */
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
