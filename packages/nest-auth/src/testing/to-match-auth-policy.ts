import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { listPolicies, policyDiff, policyLock } from '@acme/nest-auth';
import type { INestApplicationContext } from '@nestjs/common';

/** What jest and vitest expect from a matcher. */
export interface MatcherOutcome {
  readonly pass: boolean;
  readonly message: () => string;
}

/** For the types of a runner: `declare module 'vitest' { interface Matchers<T> extends AuthPolicyMatchers {} }`. */
export interface AuthPolicyMatchers<R = void> {
  /** @param file relative to the folder in which the tests run. @default 'auth-policy.json' */
  toMatchAuthPolicy(file?: string): R;
}

/**
 * A matcher for jest and vitest: compares the policies of an app with the lockfile that `npx nest-auth policy` writes.
 * @param file relative to the folder in which the tests run. @default 'auth-policy.json'
 *
 * @example
 * ```ts
 * expect.extend({ toMatchAuthPolicy });
 *
 * test('nobody has opened a route by accident', () => {
 *   expect(app).toMatchAuthPolicy();
 * });
 * ```
 */
export function toMatchAuthPolicy(app: INestApplicationContext, file = 'auth-policy.json'): MatcherOutcome {
  const path = resolve(file);
  const now = policyLock(listPolicies(app));
  if (!existsSync(path))
    return { pass: false, message: () => `There is no ${path}; write it with: npx nest-auth policy` };
  const diff = policyDiff(readFileSync(path, 'utf8'), now);
  return {
    pass: diff === '',
    message: () =>
      diff === ''
        ? `The policies of the app are those of ${file}.`
        : `The policies of the app are not those of ${file}:\n\n${diff}\n\nIf this is meant, write it again with: npx nest-auth policy`,
  };
}
