// The declarations of toMatchAuthPolicy() in docs/guides/policy-list.md.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../pnpm.mjs';

const page = readFileSync(join(root, 'docs/guides/policy-list.md'), 'utf8');
const RUNNERS = { cjs: ['jest with `@types/jest`', 'jest with `@jest/globals`'], esm: ['vitest'] };
/** The starters use globals, so only this file checks the types of the import. */
const OF_IMPORT = `import { expect as imported } from '@jest/globals';
export const typed = (app: unknown): void => imported(app).toMatchAuthPolicy();
export const awaited = (app: Promise<unknown>): Promise<void> => imported(app).resolves.toMatchAuthPolicy();`;

/** The guide's lines for the runners of a starter, as one file of TypeScript. */
export function matcherTypes(type) {
  const [, imports] = found(/`(import type \{ AuthPolicyMatchers \} .+)`/);
  const lines = RUNNERS[type].map((runner) => found(new RegExp(`^\\| ${runner} \\| \`(declare .+)\` \\|$`, 'm'))[1]);
  return [imports, ...(type === 'cjs' ? [OF_IMPORT] : []), ...lines, ''].join('\n');
}

function found(pattern) {
  const match = pattern.exec(page);
  if (!match) throw new Error(`docs/guides/policy-list.md has changed: nothing matches ${pattern}.`);
  return match;
}
