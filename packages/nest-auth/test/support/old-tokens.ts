import {
  type AuthEvent,
  AuthEvents,
  type AuthOptions,
  CurrentUser,
  type Principal,
  RequireRecent,
  Roles,
} from '@acme/nest-auth';
import { type OldAccessTokens, type OldUser, oldTokens } from '@acme/nest-auth/old-tokens';
import { Controller, Get } from '@nestjs/common';
import jsonwebtoken from 'jsonwebtoken';
import { signUp, startApp } from './app.js';

export const OLD_SECRET = 'the one secret of the old app';
export const NOW = Date.parse('2030-01-01T00:00:00Z') / 1000;
export const HOUR = 3600;

/** An access token as the old app signed them: the roles of that time in it, an hour long. */
export function oldAccess(
  sub: unknown,
  claims: object = {},
  options: jsonwebtoken.SignOptions = {},
  key: jsonwebtoken.Secret = OLD_SECRET,
) {
  const payload = { sub, roles: ['admin'], iat: NOW, exp: NOW + HOUR, ...claims };
  return jsonwebtoken.sign(payload, key, { algorithm: 'HS256', ...options });
}

@Controller()
export class OldRoutes {
  @Get('mine')
  mine(@CurrentUser() caller: Principal) {
    return caller;
  }
  @Roles('editor')
  @Get('editors')
  editors(@CurrentUser('id') id: string) {
    return { id };
  }
  @RequireRecent('30000d')
  @Get('recent')
  recent() {
    return {};
  }
}

/** Old refresh tokens by their users, as the old app kept them. */
export const oldRefreshTokens = new Map<string, OldUser>();

export type OldTokensOptions = NonNullable<AuthOptions['oldTokens']>;

/** For an app whose old refresh tokens are not JWTs, or had a key of their own. */
export const OLD_ACCESS: OldAccessTokens = { key: OLD_SECRET, alg: 'HS256', user: ({ sub }) => sub };

/** An app after the switch, with one user of the old app. */
export async function switched(changes: Partial<OldTokensOptions> = {}, options: Partial<AuthOptions> = {}) {
  const app = await startApp({
    features: [oldTokens()],
    controllers: [OldRoutes],
    options: {
      ...options,
      oldTokens: {
        until: '2030-02-01',
        access: OLD_ACCESS,
        refresh: async (token) => oldRefreshTokens.get(token) ?? null,
        ...changes,
      },
    },
  });
  const ada = await signUp(app);
  const { id } = (await app.userStore.findByLogin(ada.email)) ?? { id: '' };
  const events: AuthEvent[] = [];
  app.app.get(AuthEvents).subscribe((event) => events.push(event));
  const types = () => events.map(({ type }) => type);
  /** The status of a route for a token, and the code of a refusal. */
  const fares = async (token: string, path = '/mine') => {
    const { status, body } = await app.as(token).get(path);
    return [status, body.code];
  };
  const refresh = (token: string) => app.http.post('/auth/refresh').send({ refresh_token: token });
  return { ...app, ada: { ...ada, id }, events, types, fares, refresh };
}
