import { createHmac, createSecretKey, randomUUID } from 'node:crypto';

/** Only for the bench: everybody who reads this file knows these keys. */
export const SECRETS = {
  access: 'vX3kQm8TzR1nWc6YpL0sJd9fHbGa2uEe4oKiN7rVtBw',
  refresh: 'qZ7hUe2MxC5jRn9LbPf4WsGk1TdYv8oAi3EyJ6mKcXg',
};
export const KID = 'bench';

const KEY = createSecretKey(Buffer.from(SECRETS.access));
const HEADER = segment({ alg: 'HS256', typ: 'at+jwt', kid: KID });

/** The session that the token of a number belongs to. */
export function sessionId(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** The claims of a usual access token. */
export function claims(n: number): Record<string, unknown> {
  const now = Math.floor(Date.now() / 1000);
  const roles = ['editor', 'admin'];
  return { sub: randomUUID(), sid: sessionId(n), jti: randomUUID(), roles, iat: now, exp: now + 900 };
}

/** An access token that every variant accepts. Each token is different. */
export function mint(n: number): string {
  const input = `${HEADER}.${segment(claims(n))}`;
  return `${input}.${createHmac('sha256', KEY).update(input).digest('base64url')}`;
}

export function mintAll(count: number): string[] {
  return Array.from({ length: count }, (_, n) => mint(n));
}

function segment(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
