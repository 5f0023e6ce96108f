import { createHash, randomBytes, randomUUID } from 'node:crypto';
import {
  AuthError,
  CredentialStore,
  CurrentUser,
  defineFeature,
  type FeatureHooks,
  type Principal,
} from '@acme/nest-auth';
import { Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';

const PREFIX = 'nak_';
const digestOf = (key: string): string => createHash('sha256').update(key).digest('base64url');

@Controller('api-keys')
class ApiKeysController {
  constructor(@Inject(CredentialStore) private readonly credentials: CredentialStore) {}

  @Post()
  async create(@CurrentUser() { id: userId, roles }: Principal) {
    const key = PREFIX + randomBytes(32).toString('base64url');
    const times = { createdAt: new Date(), lastUsedAt: null, expiresAt: null };
    const record = { id: randomUUID(), userId, kind: 'api-key', key: digestOf(key), data: { roles }, version: 1 };
    await this.credentials.create({ ...record, ...times });
    return { key };
  }

  @Get()
  list(@CurrentUser('id') userId: string) {
    return this.credentials.list(userId, 'api-key');
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentUser('id') userId: string, @Param('id') id: string): Promise<void> {
    if (!(await this.credentials.delete(userId, id))) throw new AuthError('not_found');
  }
}

const hooks = (credentials: CredentialStore): FeatureHooks => ({
  feature: 'apiKeys',
  credential: {
    matches: ({ headers }) => headers.authorization?.includes(` ${PREFIX}`) === true,
    authenticate: async ({ headers }) => {
      const key = String(headers.authorization).replace(/^Bearer +/i, '');
      const found = await credentials.find('api-key', digestOf(key));
      if (!found || (found.expiresAt && found.expiresAt <= new Date())) throw new AuthError('invalid_token');
      const roles = found.data.roles as string[];
      const once = {
        sessionId: found.id,
        methods: ['pop'],
        authenticatedAt: Math.floor(found.createdAt.getTime() / 1000),
        claims: {},
      };
      return { id: found.userId, roles, permissions: [], ...once };
    },
  },
});

export const apiKeys = defineFeature({
  name: 'apiKeys',
  claims: [`credential:${PREFIX}`],
  needs: { credentialStore: true },
  controllers: [ApiKeysController],
  hooks: { inject: [CredentialStore], useFactory: hooks },
});
