import { AuthClientError } from './auth-client-error.js';

/** A JSON object that the server answered with. Its members may be anything. */
export type Answer = Readonly<Record<string, unknown>>;

/** What a refresh may help against. Cookies that have expired are not sent at all: `missing_token`. */
const OF_THE_ACCESS_TOKEN = /^(token_(expired|revoked)|(invalid|missing)_token)$/;

/** Whether it is the access token that was refused, and not, for example, a password. */
export async function isAboutToken(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  const body = (await response
    .clone()
    .json()
    .catch(() => undefined)) as { readonly code?: string } | undefined;
  // Scripts cannot read this header of another origin; a filter of the app's own may leave the code out.
  return body?.code
    ? OF_THE_ACCESS_TOKEN.test(body.code)
    : /="invalid_token"/.test(`${response.headers.get('www-authenticate')}`);
}

/** @throws AuthClientError unless it is a success with JSON or with nothing */
export async function answerOf(response: Response): Promise<Answer | undefined> {
  const text = await response.text();
  let body: Answer | undefined;
  try {
    body = JSON.parse(text);
  } catch {}
  if (response.ok && (body || !text)) return body;
  const { code, message, field } = (body ?? {}) as Partial<Record<string, string>>;
  const { status, headers } = response;
  const retryAfter = Number(headers.get('retry-after')) || undefined;
  if (!code) throw unexpected(status, retryAfter);
  throw new AuthClientError(`${message}`, { code, status, field, retryAfter });
}

/** Not an answer of the library, or not of the transport that was asked for. Its text may repeat what was sent. */
export function unexpected(status: number, retryAfter?: number): AuthClientError {
  const message = 'Not an answer of @acme/nest-auth: check url and transport.';
  return new AuthClientError(message, { code: 'unexpected_answer', status, retryAfter });
}

export function unanswered(cause: unknown): AuthClientError {
  return new AuthClientError('No answer: see the cause.', { code: 'no_answer', status: 0, cause });
}
