import { randomUUID } from 'node:crypto';
import {
  AuthError,
  type AuthRequest,
  AuthService,
  CredentialStore,
  CurrentUser,
  defineFeature,
  deviceOf,
  OneTimeTokens,
  type Principal,
  Public,
  readStrings,
  UserStore,
} from '@acme/nest-auth';
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';

@Controller()
class PasskeysController {
  constructor(
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(CredentialStore) private readonly credentials: CredentialStore,
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(UserStore) private readonly users: UserStore,
  ) {}

  @Public()
  @Post('login/passkey/options')
  async options() {
    return { challenge: await this.tokens.issue('passkey', 'login', 300) };
  }

  @Public()
  @Post('login/passkey')
  @HttpCode(200)
  async login(@Body() body: unknown, @Req() request: AuthRequest) {
    const [challenge, id] = readStrings(body, ['challenge', 'id']);
    if (!(await this.tokens.consume('passkey', challenge))) throw new AuthError('invalid_credentials');
    const found = await this.credentials.find('passkey', id);
    const counter = found && counterOf(found.data, body);
    const moved =
      found && (await this.credentials.update(found.id, found.version, { data: { ...found.data, counter } }));
    const user = found && moved ? await this.users.findById(found.userId) : null;
    if (!user || user.disabledAt) throw new AuthError('invalid_credentials');
    return this.auth.admit(user, deviceOf(request), { methods: ['hwk', 'user', 'mfa'] });
  }

  @Post('passkeys')
  async add(@CurrentUser() { id: userId }: Principal, @Body() body: unknown) {
    const [key] = readStrings(body, ['id']);
    const times = { createdAt: new Date(), lastUsedAt: null, expiresAt: null };
    const record = { id: randomUUID(), userId, kind: 'passkey', key, data: { counter: 0 }, version: 1, ...times };
    if (!(await this.credentials.create(record))) throw new AuthError('invalid_request');
  }

  @Get('passkeys')
  list(@CurrentUser('id') id: string) {
    return this.credentials.list(id, 'passkey');
  }

  @Delete('passkeys/:id')
  @HttpCode(204)
  async remove(@CurrentUser('id') userId: string, @Param('id') id: string): Promise<void> {
    if (!(await this.credentials.delete(userId, id))) throw new AuthError('not_found');
  }
}

export const passkeys = defineFeature({
  name: 'passkeys',
  needs: { credentialStore: true, ephemeralStore: true },
  controllers: [PasskeysController],
});

/** The new counter, if the signature is right; a real feature asks a WebAuthn library. */
declare function counterOf(data: object, answer: unknown): number;
