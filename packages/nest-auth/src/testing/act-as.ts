import { randomUUID } from 'node:crypto';
import {
  type AuthDescription,
  AuthError,
  type AuthUser,
  describeAuth,
  type Permission,
  type Role,
  SessionService,
  TokenService,
} from '@acme/nest-auth';
import type { INestApplicationContext } from '@nestjs/common';

/** Whom to act as. Only routes that read the user store need the user to exist there. */
export interface TestUser {
  readonly id: string;
  readonly roles?: readonly Role[];
  readonly permissions?: readonly Permission[];
}

export interface ActAsOptions {
  /** How the caller sends the access token. @default the app's `transport`; `'bearer'` if that is `'both'` */
  readonly transport?: 'bearer' | 'cookie';
}

/**
 * Headers of a user who is logged in, without a login: `Authorization`, or for an app with cookies `Cookie` and
 * `Sec-Fetch-Site`, as from a page of the app.
 *
 * @example
 * ```ts
 * await request(app.getHttpServer()).get('/notes').set(await actAs(app, { id: '1', roles: ['admin'] })).expect(200);
 * ```
 * @throws AuthError `invalid_request` for an invalid user, and for a transport that the app does not offer
 */
export async function actAs(
  app: INestApplicationContext,
  user: TestUser,
  options: ActAsOptions = {},
): Promise<Record<string, string>> {
  assertUser(user);
  const auth = describeAuth(app);
  const transport = transportOf(options, auth);
  const token = await tokenOf(app, user);
  if (transport === 'bearer') return { Authorization: `Bearer ${token}` };
  return { Cookie: `${auth.cookies.access}=${token}`, 'Sec-Fetch-Site': 'same-origin' };
}

async function tokenOf(app: INestApplicationContext, user: TestUser): Promise<string> {
  const tokens = app.get(TokenService, { strict: false });
  const full: AuthUser = { login: `${user.id}@test`, passwordHash: null, roles: [], ...user };
  const { token } = await tokens.issue(full, randomUUID());
  try {
    await tokens.verify(token);
    return token;
  } catch (error) {
    if (!(error instanceof AuthError && error.code === 'token_revoked')) throw error;
    // Strict revocation asks the store, so a real session is needed.
    const session = await app.get(SessionService, { strict: false }).start(full, { ip: null, userAgent: 'actAs' });
    return (await tokens.issue(full, session.sessionId, session)).token;
  }
}

function transportOf(options: ActAsOptions, { transport: offered }: AuthDescription): 'bearer' | 'cookie' {
  const { transport: asked } = Object(options) as ActAsOptions;
  if (asked === undefined) return offered === 'cookie' ? 'cookie' : 'bearer';
  if ((asked === 'bearer' || asked === 'cookie') && (offered === 'both' || offered === asked)) return asked;
  throw new AuthError('invalid_request', {
    message: `actAs cannot make a caller by ${String(asked)}: the app's transport is '${offered}'.`,
  });
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
