import { randomUUID } from 'node:crypto';
import * as auth from '@acme/nest-auth';
import { Controller, Get, Inject, Param, Query, Redirect, Req, type Type } from '@nestjs/common';

const STRATEGIES = Symbol.for('acme/nest-auth:skeleton-social');

@auth.Public()
@Controller('login')
class SocialController {
  constructor(
    @Inject(auth.AuthService) private readonly logins: auth.AuthService,
    @Inject(auth.CredentialStore) private readonly credentials: auth.CredentialStore,
    @Inject(auth.EphemeralStore) private readonly states: auth.EphemeralStore,
    @Inject(auth.UserStore) private readonly users: auth.UserStore,
    @Inject(STRATEGIES) private readonly strategies: Readonly<Record<string, Type>>,
  ) {}

  @Get(':provider')
  @Redirect()
  async begin(@Param('provider') provider: string) {
    if (!Object.hasOwn(this.strategies, provider)) throw new auth.AuthError('not_found');
    const state = randomUUID();
    await this.states.put(`social:${state}`, provider, 600);
    return { url: `https://provider.example/authorize?state=${state}` };
  }

  @Get(':provider/callback')
  async callback(@Param('provider') provider: string, @Query('state') state: string, @Req() request: auth.AuthRequest) {
    if ((await this.states.take(`social:${state}`)) !== provider) throw new auth.AuthError('invalid_request');
    const { issuer, subject, email } = await profileOf(request);
    const linked = await this.credentials.find('identity', `${issuer} ${subject}`);
    const create = () => this.users.create({ login: email, passwordHash: null, roles: [], profile: {} });
    const user = linked ? await this.users.findById(linked.userId) : await create();
    if (!user || user.disabledAt) throw new auth.AuthError('invalid_credentials');
    return this.logins.admit(user, auth.deviceOf(request), { methods: ['fed'] });
  }
}

export const social = (strategies: Readonly<Record<string, Type>>): auth.AuthFeature =>
  auth.defineFeature({
    name: 'social',
    needs: { credentialStore: true, ephemeralStore: true },
    controllers: [SocialController],
    providers: [...Object.values(strategies), { provide: STRATEGIES, useValue: strategies }],
  })();

/** Whom the provider names; a real feature runs the Passport strategy. */
declare function profileOf(request: auth.AuthRequest): Promise<Record<'issuer' | 'subject' | 'email', string>>;
