import { AuthError, type Questions, type Verdict } from '@acme/nest-auth';

/**
 * Uses up a code that a client brings. If `use` fails, the code works again.
 * @param use returns `'void'` for another client's code, which is used up all the same
 * @throws AuthError `invalid_login_code`, `store_unavailable`, and what `use` throws
 */
export async function useCode<T>(
  questions: Questions,
  purpose: string,
  code: string,
  use: (subject: string) => Promise<Verdict<T>>,
): Promise<T> {
  const verdict = await questions.answer(purpose, code, use);
  if (typeof verdict === 'object') return verdict.right;
  throw new AuthError('invalid_login_code');
}
