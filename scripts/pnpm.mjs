import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const PNPM = 'pnpm@10.34.9';
const LEFT_BY_NPM = /^npm_(config|package|lifecycle)_/;
// Settings for the registry belong to the machine, not to the npm that started this script.
const REACHES_REGISTRY = /^npm_config_(registry|cafile|proxy|https_proxy|noproxy)$/;

/** The environment without the variables that `npm run` adds: npm's own settings have other meanings in pnpm. */
export function cleanEnv(extra = {}) {
  const kept = Object.entries(process.env).filter(([key]) => !LEFT_BY_NPM.test(key) || REACHES_REGISTRY.test(key));
  return { ...Object.fromEntries(kept), ...extra };
}

/** Runs the pinned pnpm; it needs only Node and npm. */
export function pnpm(args, options = {}) {
  return run('npx', ['--yes', PNPM, ...args], options);
}

/** `CI` keeps pnpm from asking questions, and the lockfile from being rewritten. */
export function install(args = [], options = {}) {
  return pnpm(['install', '--frozen-lockfile', ...args], { ...options, env: { CI: 'true' } });
}

/**
 * Runs one command to its end, or for `timeout` ms. With `capture` the output is returned, otherwise it goes to the
 * terminal.
 */
export function run(command, args, { capture = false, cwd = root, env = {}, timeout } = {}) {
  const output = capture ? 'pipe' : 'inherit';
  // If CI is set, some tools colour their output even if it is not a terminal.
  const plain = capture ? { NO_COLOR: '1' } : {};
  // npm and npx are .cmd files on Windows, which only a shell can run.
  const shell = process.platform === 'win32' && command !== process.execPath;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: cleanEnv({ ...plain, ...env }),
      shell,
      timeout,
      stdio: ['ignore', output, output],
    });
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ok: code === 0, code: code ?? 1, output: Buffer.concat(chunks).toString() }));
  });
}
