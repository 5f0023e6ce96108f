import { createHash, randomBytes, randomUUID } from 'node:crypto';
import * as auth from '@acme/nest-auth';
import { Controller, Delete, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';

const PREFIX = 'nak_';
const digestOf = (key: string): string => createHash('sha256').update(key).digest('base64url');
@Controller('api-keys')
class ApiKeysController {
  constructor(@Inject(auth.CredentialStore) private readonly credentials: auth.CredentialStore) {}

  @Post()
  async create(@auth.CurrentUser() { id: userId, roles }: auth.Principal) {
    const key = PREFIX + randomBytes(32).toString('base64url');
    const times = { createdAt: new Date(), lastUsedAt: null, expiresAt: null };
    const record = { id: randomUUID(), userId, kind: 'api-key', key: digestOf(key), data: { roles }, version: 1 };
    await this.credentials.create({ ...record, ...times });
    return { key };
  }

  @Get()
  list(@auth.CurrentUser('id') userId: string) {
    return this.credentials.list(userId, 'api-key');
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@auth.CurrentUser('id') userId: string, @Param('id') id: string): Promise<void> {
    if (!(await this.credentials.delete(userId, id))) throw new auth.AuthError('not_found');
  }
}

const hooks = (credentials: auth.CredentialStore): auth.FeatureHooks => ({
  feature: 'apiKeys',
  credential: {
    matches: ({ headers }) => headers.authorization?.includes(` ${PREFIX}`) === true,
    authenticate: async ({ headers }) => {
      const key = String(headers.authorization).replace(/^Bearer +/i, '');
      const found = await credentials.find('api-key', digestOf(key));
      if (!found || (found.expiresAt && found.expiresAt <= new Date())) throw new auth.AuthError('invalid_token');
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

export const apiKeys = auth.defineFeature({
  name: 'apiKeys',
  claims: [`credential:${PREFIX}`],
  needs: { credentialStore: true },
  controllers: [ApiKeysController],
  hooks: { inject: [auth.CredentialStore], useFactory: hooks },
});
