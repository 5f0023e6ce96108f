import { run } from '../pnpm.mjs';

const IN_SOMEBODY_ELSES_PACKAGE = /^[^(]*node_modules\/(?!@acme\/)/;

/**
 * Checks the app in strict mode, and all of our declarations. Errors in declarations of other packages are ignored.
 * @throws {Error} with the errors of tsc in the app and in our declarations
 */
export async function typeCheck(tsc, { cwd, args = [] }) {
  const strictly = ['--strict', '--skipLibCheck', 'false', '--pretty', 'false'];
  const { ok, output } = await run(process.execPath, [tsc, ...strictly, ...args], { cwd, capture: true });
  const errors = output.split(/\n(?=\S)/).filter((text) => /error TS\d+:/.test(text));
  const ours = errors.filter((text) => !IN_SOMEBODY_ELSES_PACKAGE.test(text));
  if (!ok && errors.length === 0) throw new Error(`tsc failed:\n${output}`);
  if (ours.length > 0) throw new Error(`Type-checking failed:\n${ours.join('\n')}`);
}
