import { randomUUID } from 'node:crypto';
import { AuthError, type AuthUser, type Permission, type Role, SessionService, TokenService } from '@acme/nest-auth';
import type { INestApplicationContext } from '@nestjs/common';

/** Whom to act as. Only routes that read the user store need the user to exist there. */
export interface TestUser {
  readonly id: string;
  readonly roles?: readonly Role[];
  readonly permissions?: readonly Permission[];
}

/**
 * Headers of a user who is logged in, without a login.
 *
 * @example
 * ```ts
 * await request(app.getHttpServer()).get('/notes').set(await actAs(app, { id: '1', roles: ['admin'] })).expect(200);
 * ```
 */
export async function actAs(app: INestApplicationContext, user: TestUser): Promise<{ Authorization: string }> {
  assertUser(user);
  const tokens = app.get(TokenService, { strict: false });
  const full: AuthUser = { login: `${user.id}@test`, passwordHash: null, roles: [], ...user };
  let { token } = await tokens.issue(full, randomUUID());
  try {
    await tokens.verify(token);
  } catch (error) {
    if (!(error instanceof AuthError && error.code === 'token_revoked')) throw error;
    // Strict revocation asks the store: there the session has to be a real one.
    const session = await app.get(SessionService, { strict: false }).start(full, { ip: null, userAgent: 'actAs' });
    ({ token } = await tokens.issue(full, session.sessionId, session));
  }
  return { Authorization: `Bearer ${token}` };
}

function assertUser(user: TestUser): void {
  const { id, roles = [], permissions = [] } = Object(user) as TestUser;
  const areStrings = [roles, permissions].every(
    (names: unknown) => Array.isArray(names) && names.every((name) => typeof name === 'string'),
  );
  if (typeof id === 'string' && id !== '' && areStrings) return;
  throw new AuthError('invalid_request', {
    message:
      "actAs needs a user, as in actAs(app, { id: '1', roles: ['admin'] }): id is a string, roles and permissions are lists.",
  });
}
