import { isTokens } from '../core/login/login-answer.js';
import { token } from '../core/token.js';

/** What the fields of tokens are called in bodies and answers. */
export interface TokenFields {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: string;
  readonly expires_in: string;
}
export const TOKEN_FIELDS = token<TokenFields>('token-fields');

/** Whether any of them has another name than ours. */
export function areRenamed(fields: TokenFields): boolean {
  return Object.entries(fields).some(([field, name]) => field !== name);
}

/** An answer with the app's names, if it is tokens. Tokens that may not go out in a body stay as they are, and fail. */
export function renamed(answer: unknown, fields: TokenFields): unknown {
  if (!isTokens(answer) || Object.hasOwn(answer, 'toJSON')) return answer;
  const nameOf = (field: string) => (Object.hasOwn(fields, field) ? fields[field as keyof TokenFields] : field);
  return Object.fromEntries(Object.entries(answer).map(([field, value]) => [nameOf(field), value]));
}
