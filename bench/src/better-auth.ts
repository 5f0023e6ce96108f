import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import type { GuardSetup } from './guard-setup.js';
import { SECRETS } from './harness/tokens.js';

/** The script that installs better-auth writes this file, outside of the workspace, because only the bench needs it. */
const ENTRY = fileURLToPath(new URL('../.peers/better-auth.mjs', import.meta.url));
const LOGINS = 20;

/** The parts of better-auth that the bench uses. */
interface BetterAuth {
  readonly api: {
    signUpEmail(call: object): Promise<Response>;
    signInEmail(call: object): Promise<Response>;
    getSession(call: { readonly headers: Headers }): Promise<{ readonly user: unknown } | null>;
  };
}

export function isBetterAuthThere(): boolean {
  return existsSync(ENTRY);
}

/** Checks the session like its Nest integration: `getSession` of the request's headers, answered from the cookie. */
export async function betterAuthGuard(): Promise<GuardSetup> {
  const { betterAuth, memoryAdapter, fromNodeHeaders } = await import(pathToFileURL(ENTRY).href);
  const auth: BetterAuth = betterAuth({
    database: memoryAdapter({ user: [], session: [], account: [], verification: [] }),
    secret: SECRETS.access,
    baseURL: 'http://127.0.0.1',
    emailAndPassword: { enabled: true },
    session: { cookieCache: { enabled: true, maxAge: 3600 } },
    telemetry: { enabled: false },
  });
  @Injectable()
  class BetterAuthGuard implements CanActivate {
    async canActivate(context: ExecutionContext): Promise<boolean> {
      const request = context.switchToHttp().getRequest();
      const session = await auth.api.getSession({ headers: fromNodeHeaders(request.headers) });
      if (!session) throw new UnauthorizedException();
      request.session = session;
      request.user = session.user;
      return true;
    }
  }
  const cookies = await logIn(auth);
  return { providers: [{ provide: APP_GUARD, useClass: BetterAuthGuard }], credentials: () => cookies };
}

async function logIn(auth: BetterAuth): Promise<string[]> {
  const body = { name: 'Ann', email: 'ann@example.org', password: 'a fine long passphrase' };
  await auth.api.signUpEmail({ body, asResponse: true });
  const cookies: string[] = [];
  for (let n = 0; n < LOGINS; n++) {
    const { headers } = await auth.api.signInEmail({ body, asResponse: true });
    cookies.push(
      `Cookie: ${headers
        .getSetCookie()
        .map((cookie) => cookie.split(';', 1)[0])
        .join('; ')}`,
    );
  }
  return cookies;
}
