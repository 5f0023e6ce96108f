import { randomUUID } from 'node:crypto';
import * as auth from '@acme/nest-auth';
import { Body, Controller, Get, HttpCode, Inject, Post, Req } from '@nestjs/common';

@Controller()
class PasskeysController {
  constructor(
    @Inject(auth.AuthService) private readonly logins: auth.AuthService,
    @Inject(auth.CredentialStore) private readonly credentials: auth.CredentialStore,
    @Inject(auth.OneTimeTokens) private readonly tokens: auth.OneTimeTokens,
    @Inject(auth.UserStore) private readonly users: auth.UserStore,
  ) {}

  @auth.Public()
  @Post('login/passkey/options')
  async options() {
    return { challenge: await this.tokens.issue('passkey', 'login', 300) };
  }

  @auth.Public()
  @Post('login/passkey')
  @HttpCode(200)
  async login(@Body() body: unknown, @Req() request: auth.AuthRequest) {
    const [challenge, id] = auth.readStrings(body, ['challenge', 'id']);
    if (!(await this.tokens.consume('passkey', challenge))) throw new auth.AuthError('invalid_credentials');
    const found = await this.credentials.find('passkey', id);
    const counter = found && counterOf(found.data, body);
    const moved =
      found && (await this.credentials.update(found.id, found.version, { data: { ...found.data, counter } }));
    const user = found && moved ? await this.users.findById(found.userId) : null;
    if (!user || user.disabledAt) throw new auth.AuthError('invalid_credentials');
    return this.logins.admit(user, auth.deviceOf(request), { methods: ['hwk', 'user', 'mfa'] });
  }

  @Post('passkeys')
  async add(@auth.CurrentUser() { id: userId }: auth.Principal, @Body() body: unknown) {
    const [key] = auth.readStrings(body, ['id']);
    const times = { createdAt: new Date(), lastUsedAt: null, expiresAt: null };
    const record = { id: randomUUID(), userId, kind: 'passkey', key, data: { counter: 0 }, version: 1, ...times };
    if (!(await this.credentials.create(record))) throw new auth.AuthError('invalid_request');
  }

  @Get('passkeys')
  list(@auth.CurrentUser('id') id: string) {
    return this.credentials.list(id, 'passkey');
  }
}

export const passkeys = auth.defineFeature({
  name: 'passkeys',
  needs: { credentialStore: true, ephemeralStore: true },
  controllers: [PasskeysController],
});

/** The new counter, if the signature is valid; a real feature uses a WebAuthn library. */
declare function counterOf(data: object, answer: unknown): number;
