import { AuthModule, BcryptHasher } from '@acme/nest-auth';
import { oldTokens } from '@acme/nest-auth/old-tokens';
import { typeOrmStores } from '@acme/nest-auth-typeorm';
import { DataSource } from 'typeorm';
import type { Payload } from '../profile.js';
import { Account } from '../user.entity.js';

const { AUTH_ACCESS_SECRET: access = '', AUTH_REFRESH_SECRET: refresh = '' } = process.env;

export const auth = AuthModule.forRootAsync({
  features: [oldTokens()],
  inject: [DataSource],
  useFactory: (db: DataSource) => ({
    ...typeOrmStores(db, { user: { entity: Account, login: 'email' } }),
    secrets: { access, refresh },
    password: { hasher: new BcryptHasher({ cost: 10 }) },
    register: { roles: ['reader'] },
    claims: ({ login }) => ({ email: login }),
    requestUser: ({ id, claims }): Payload => ({ sub: id, email: String(claims.email) }),
    oldTokens: {
      until: process.env.OLD_TOKENS_UNTIL ?? '',
      access: { key: process.env.JWT_SECRET ?? '', alg: 'HS256' },
    },
  }),
});
