import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { listPolicies, policyMismatch } from '@acme/nest-auth';
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
 * @throws AuthError `invalid_configuration` if there is no lockfile, or an invalid one
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
  const text = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  const mismatch = policyMismatch(text, listPolicies(app), file);
  return { pass: mismatch === undefined, message: () => mismatch ?? `The policies are those of ${file}.` };
}
