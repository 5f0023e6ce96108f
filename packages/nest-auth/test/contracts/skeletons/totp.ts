import {
  type AuthRequest,
  AuthService,
  type AuthUser,
  Challenges,
  CredentialStore,
  defineFeature,
  deviceOf,
  type FeatureHooks,
  Public,
  readStrings,
} from '@acme/nest-auth';
import { Body, Controller, HttpCode, Inject, Injectable, Post, Req } from '@nestjs/common';

@Injectable()
class Totp {
  constructor(@Inject(CredentialStore) private readonly credentials: CredentialStore) {}

  async isSetUp(user: AuthUser): Promise<boolean> {
    return (await this.credentials.list(user.id, 'totp')).length > 0;
  }

  /** Of any number of callers with one code, one is right: the step is used up by a compare-and-swap. */
  async isRight(user: AuthUser, code: string): Promise<boolean> {
    const [credential] = await this.credentials.list(user.id, 'totp');
    const step = credential && stepOf(credential.data.secret, code);
    if (!credential || step === undefined || step <= Number(credential.data.step)) return false;
    return this.credentials.update(credential.id, credential.version, { data: { ...credential.data, step } });
  }
}

@Public()
@Controller('login/totp')
class TotpController {
  constructor(
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(Challenges) private readonly challenges: Challenges,
    @Inject(Totp) private readonly totp: Totp,
  ) {}

  @Post()
  @HttpCode(200)
  async answer(@Body() body: unknown, @Req() request: AuthRequest) {
    const [token, code] = readStrings(body, ['challenge_token', 'code']);
    const { user, login } = await this.challenges.answer('totp', token, (one) => this.totp.isRight(one, code));
    return this.auth.admit(user, deviceOf(request), { ...login, methods: [...login.methods, 'otp', 'mfa'] });
  }
}

export const totp = defineFeature({
  name: 'totp',
  needs: { credentialStore: true, ephemeralStore: true },
  controllers: [TotpController],
  providers: [Totp],
  hooks: {
    inject: [Totp, Challenges],
    useFactory: (own: Totp, challenges: Challenges): FeatureHooks => ({
      feature: 'totp',
      beforeSession: async (user, login) =>
        (await own.isSetUp(user)) ? challenges.issue('totp', user, login) : undefined,
    }),
  },
});

/** The time step that a code belongs to; a real feature computes it (RFC 6238). */
declare function stepOf(secret: unknown, code: string): number | undefined;
