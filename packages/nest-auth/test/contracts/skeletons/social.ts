import { randomUUID } from 'node:crypto';
import {
  AuthError,
  type AuthFeature,
  type AuthRequest,
  AuthService,
  CredentialStore,
  defineFeature,
  deviceOf,
  EphemeralStore,
  Public,
  UserStore,
} from '@acme/nest-auth';
import { Controller, Get, Inject, Param, Query, Redirect, Req, type Type } from '@nestjs/common';

const STRATEGIES = Symbol.for('acme/nest-auth:skeleton-social');

@Public()
@Controller('login')
class SocialController {
  constructor(
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(CredentialStore) private readonly credentials: CredentialStore,
    @Inject(EphemeralStore) private readonly states: EphemeralStore,
    @Inject(UserStore) private readonly users: UserStore,
    @Inject(STRATEGIES) private readonly strategies: Readonly<Record<string, Type>>,
  ) {}

  @Get(':provider')
  @Redirect()
  async begin(@Param('provider') provider: string) {
    if (!Object.hasOwn(this.strategies, provider)) throw new AuthError('not_found');
    const state = randomUUID();
    await this.states.put(`social:${state}`, provider, 600);
    return { url: `https://provider.example/authorize?state=${state}` };
  }

  @Get(':provider/callback')
  async callback(@Param('provider') provider: string, @Query('state') state: string, @Req() request: AuthRequest) {
    if ((await this.states.take(`social:${state}`)) !== provider) throw new AuthError('invalid_request');
    const { issuer, subject, email } = await profileOf(request);
    const linked = await this.credentials.find('identity', `${issuer} ${subject}`);
    const create = () => this.users.create({ login: email, passwordHash: null, roles: [], profile: {} });
    const user = linked ? await this.users.findById(linked.userId) : await create();
    if (!user || user.disabledAt) throw new AuthError('invalid_credentials');
    return this.auth.admit(user, deviceOf(request), { methods: ['fed'] });
  }
}

export const social = (strategies: Readonly<Record<string, Type>>): AuthFeature =>
  defineFeature({
    name: 'social',
    needs: { credentialStore: true, ephemeralStore: true },
    controllers: [SocialController],
    providers: [...Object.values(strategies), { provide: STRATEGIES, useValue: strategies }],
  })();

/** Whom the provider names; a real feature runs the Passport strategy. */
declare function profileOf(request: AuthRequest): Promise<Record<'issuer' | 'subject' | 'email', string>>;
