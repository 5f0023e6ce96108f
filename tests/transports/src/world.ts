import { randomUUID } from 'node:crypto';
import {
  type AuthExtras,
  AuthModule,
  type AuthOptions,
  AuthService,
  type AuthUser,
  memoryStores,
  SessionService,
  TokenService,
} from '@acme/nest-auth';
import { TestClock } from '@acme/nest-auth/testing';
import type { DynamicModule, INestApplicationContext } from '@nestjs/common';

const SECRETS = {
  access: 'vX3kQm8TzR1nWc6YpL0sJd9fHbGa2uEe4oKiN7rVtBw',
  refresh: 'qZ7hUe2MxC5jRn9LbPf4WsGk1TdYv8oAi3EyJ6mKcXg',
};

interface AuthWorld extends ReturnType<typeof memoryStores> {
  readonly clock: TestClock;
  readonly auth: DynamicModule;
}

/** The library as every transport of the table uses it, with stores in memory and a clock that the test moves. */
export function authModule(options: Partial<AuthOptions> & AuthExtras = {}): AuthWorld {
  const clock = new TestClock();
  const stores = memoryStores({ clock: clock.read });
  return { ...stores, clock, auth: AuthModule.forRoot({ ...stores, secrets: SECRETS, clock: clock.read, ...options }) };
}

export interface Visitor {
  readonly id: string;
  readonly token: string;
  logOut(): Promise<void>;
}

/** A user with a session of its own. */
export async function visitor(app: INestApplicationContext, roles: readonly string[] = []): Promise<Visitor> {
  const get = <T>(token: new (...args: never[]) => T): T => app.get(token, { strict: false });
  const user: AuthUser = { id: randomUUID(), login: `${randomUUID()}@example.org`, passwordHash: null, roles };
  const { sessionId } = await get(SessionService).start(user, { ip: null, userAgent: null });
  const { token } = await get(TokenService).issue(user, sessionId);
  const principal = await get(TokenService).verify(token);
  return { id: user.id, token, logOut: () => get(AuthService).logout(principal) };
}
