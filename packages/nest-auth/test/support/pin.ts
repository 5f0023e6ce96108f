import {
  AuthError,
  type AuthFeature,
  AuthService,
  type AuthUser,
  type Challenge,
  type FeatureHooks,
  OneTimeTokens,
  Public,
  UserStore,
} from '@acme/nest-auth';
import { Body, Controller, Inject, Injectable, Post } from '@nestjs/common';

export const PIN = '4711';

/** Asks users whose login begins with `careful` for the PIN. */
@Injectable()
class PinHooks implements FeatureHooks {
  readonly feature = 'pin';
  constructor(@Inject(OneTimeTokens) private readonly tokens: OneTimeTokens) {}

  async beforeSession(user: AuthUser): Promise<Challenge | undefined> {
    if (!user.login.startsWith('careful')) return undefined;
    return {
      challenge: this.feature,
      challenge_token: await this.tokens.issue(this.feature, user.id, 300),
      expires_in: 300,
    };
  }
}

@Controller('pin')
class PinController {
  constructor(
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(UserStore) private readonly users: UserStore,
  ) {}

  @Public()
  @Post()
  async answer(@Body() body: { readonly challenge_token: string; readonly pin: string }) {
    const id = await this.tokens.consume('pin', body.challenge_token);
    const user = id !== null && body.pin === PIN ? await this.users.findById(id) : null;
    if (!user) throw new AuthError('invalid_credentials');
    return this.auth.admit(user, undefined, { passed: ['pin'], methods: ['pwd', 'pin', 'mfa'] });
  }
}

/** A small second factor. */
export const pin = (): AuthFeature => ({
  name: 'pin',
  needs: { ephemeralStore: true },
  providers: [PinHooks],
  controllers: [PinController],
  hooks: PinHooks,
});
