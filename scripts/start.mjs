// From a fresh clone to a running app: install what the example needs, build it, run it.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { cleanEnv, install, pnpm, root } from './pnpm.mjs';

const withItsPackages = ['--filter', '@acme/example-quick-start...'];

for (const step of [() => install(withItsPackages), () => pnpm([...withItsPackages, 'run', 'build'])]) {
  const { ok, code } = await step();
  if (!ok) process.exit(code);
}

const app = spawn(process.execPath, ['--enable-source-maps', 'dist/main.js'], {
  cwd: join(root, 'examples/quick-start'),
  env: cleanEnv(),
  stdio: 'inherit',
});

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
