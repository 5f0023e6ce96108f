import { AuthModule, BcryptHasher } from '@acme/nest-auth';
import { oldTokens } from '@acme/nest-auth/old-tokens';
import { typeOrmStores } from '@acme/nest-auth-typeorm';
import { DataSource } from 'typeorm';
import type { OldUser } from '../owner.guard.js';
import { User } from '../user.entity.js';
import { oldRefreshTokens } from './old-refresh-tokens.js';

const { AUTH_ACCESS_SECRET: access = '', AUTH_REFRESH_SECRET: refresh = '' } = process.env;

export const auth = AuthModule.forRootAsync({
  features: [oldTokens()],
  inject: [DataSource],
  useFactory: (db: DataSource) => ({
    // The users table as it is: capitals in logins, numbers as ids, one role, a flag.
    ...typeOrmStores(db, {
      user: {
        entity: User,
        login: 'username',
        email: 'email',
        passwordHash: 'password',
        role: 'role',
        isActive: 'isActive',
        logins: 'mixed-case',
      },
    }),
    secrets: { access, refresh },
    password: { hasher: new BcryptHasher({ cost: 10 }) },
    // The names that clients and code of the old app expect.
    loginField: 'username',
    tokenFields: { access_token: 'accessToken', refresh_token: 'refreshToken' },
    claims: ({ login }) => ({ username: login }),
    requestUser: ({ id, roles, claims }): OldUser => ({
      userId: Number(id),
      username: String(claims.username),
      role: roles[0] ?? 'user',
    }),
    // Remove this on the day of `until`.
    oldTokens: {
      until: process.env.OLD_TOKENS_UNTIL ?? '',
      access: {
        key: process.env.JWT_SECRET ?? '',
        alg: 'HS256',
        // Access tokens lived for an hour. A token that lives longer is a refresh token, and must open no route.
        user: ({ sub, iat, exp }) => (Number(exp) - Number(iat) <= 3600 ? sub : null),
      },
      refresh: oldRefreshTokens(db),
    },
  }),
});
