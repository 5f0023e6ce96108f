import { AuthClientError } from './auth-client-error.js';

/** A JSON object that the server answered with. Its members may be anything. */
export type Answer = Readonly<Record<string, unknown>>;

/** Refusals after which a refresh may help. `missing_token` too, because browsers do not send expired cookies. */
export const OF_THE_ACCESS_TOKEN = /\b(token_(expired|revoked)|(invalid|missing)_token)\b/;

/** The code of a 401, or else its challenge. Empty for other answers. */
export async function refusalOf(response: Response): Promise<string> {
  if (response.status !== 401) return '';
  const body = (await response
    .clone()
    .json()
    .catch(() => undefined)) as { readonly code?: string } | undefined;
  // Scripts cannot read this header of another origin; a filter of the app's own may leave the code out.
  return `${body?.code || response.headers.get('www-authenticate')}`;
}

/** @throws AuthClientError unless it is a success with JSON or an empty body */
export async function answerOf(response: Response): Promise<Answer | undefined> {
  const text = await response.text();
  let body: Answer | undefined;
  try {
    body = JSON.parse(text);
  } catch {}
  if (response.ok && (body || !text)) return body;
  const { code, message, field } = (body ?? {}) as Partial<Record<string, string>>;
  const { status } = response;
  const retryAfter = Number(response.headers.get('retry-after')) || undefined;
  throw code ? new AuthClientError(`${message}`, { code, status, field, retryAfter }) : unexpected(status, retryAfter);
}

/** Not an answer of the library, or not of the requested transport. Its text may repeat secrets, so it is dropped. */
export function unexpected(status: number, retryAfter?: number): AuthClientError {
  return new AuthClientError('Not an answer of @acme/nest-auth: check url and transport.', {
    code: 'unexpected_answer',
    status,
    retryAfter,
  });
}

export function unanswered(cause: unknown): AuthClientError {
  return new AuthClientError('No answer: see cause.', { code: 'no_answer', status: 0, cause });
}
