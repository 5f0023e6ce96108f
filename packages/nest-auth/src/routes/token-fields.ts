import { isTokens } from '../core/login/login-answer.js';
import { token } from '../core/token.js';

/** The names of token fields in bodies and answers. */
export interface TokenFields {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly token_type: string;
  readonly expires_in: string;
}
export const TOKEN_FIELDS = token<TokenFields>('token-fields');

/** Whether any field has a custom name. */
export function areRenamed(fields: TokenFields): boolean {
  return Object.entries(fields).some(([field, name]) => field !== name);
}

/** Renames the fields of an answer with tokens. An object with `toJSON` is not renamed, so sending it still fails. */
export function renamed(answer: unknown, fields: TokenFields): unknown {
  if (!isTokens(answer) || Object.hasOwn(answer, 'toJSON')) return answer;
  const nameOf = (field: string) => (Object.hasOwn(fields, field) ? fields[field as keyof TokenFields] : field);
  return Object.fromEntries(Object.entries(answer).map(([field, value]) => [nameOf(field), value]));
}
