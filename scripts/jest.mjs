// Runs the jest of the package in the current folder, with ES modules. Arguments go to jest.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { run } from './pnpm.mjs';

const jest = createRequire(join(process.cwd(), 'package.json')).resolve('jest/bin/jest');
const flags = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  // Each spec file loads all modules again: with a larger young generation, garbage collection takes less time (7 % of
  // a run).
  '--max-semi-space-size=32',
];
const { code } = await run(process.execPath, [...flags, jest, ...process.argv.slice(2)], { cwd: process.cwd() });
process.exitCode = code;
