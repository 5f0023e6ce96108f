import { AuthClientError } from '@acme/nest-auth-client';
import { auth } from './session.js';

export interface Note {
  readonly id: string;
  readonly ownerId: string;
  readonly text: string;
  readonly createdAt: string;
}

const TIMEOUT = 10_000;

/** The app's own routes, with the session. All reject with an `AuthClientError`. */
export const notes = {
  mine: () => ask<Note[]>('GET', '/notes'),
  all: () => ask<Note[]>('GET', '/notes/all'),
  add: (text: string) => ask<Note>('POST', '/notes', { text }),
  delete: (id: string) => ask<void>('DELETE', `/notes/${encodeURIComponent(id)}`),
};

async function ask<Answer>(method: string, path: string, body?: object): Promise<Answer> {
  const response = await auth
    .fetch(path, {
      method,
      signal: AbortSignal.timeout(TIMEOUT),
      ...(body && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
    })
    .catch((cause: unknown) => {
      throw cause instanceof AuthClientError ? cause : unanswered(cause);
    });
  if (!response.ok) throw await refusal(response);
  return response.status === 204 ? (undefined as Answer) : response.json();
}

async function refusal(response: Response): Promise<AuthClientError> {
  const { code = '', message = '' } = (await response.json().catch(() => ({}))) as Partial<Record<string, string>>;
  const retryAfter = Number(response.headers.get('retry-after')) || undefined;
  return new AuthClientError(String(message), { code, status: response.status, retryAfter });
}

function unanswered(cause: unknown): AuthClientError {
  return new AuthClientError('There was no answer.', { code: 'no_answer', status: 0, cause });
}
