import * as auth from '@acme/nest-auth';
import { Body, Controller, HttpCode, Inject, Injectable, Post, Req } from '@nestjs/common';

@Injectable()
class Totp {
  constructor(@Inject(auth.CredentialStore) private readonly credentials: auth.CredentialStore) {}

  async isSetUp(user: auth.AuthUser): Promise<boolean> {
    return (await this.credentials.list(user.id, 'totp')).length > 0;
  }

  /** Only one of many callers with the same code succeeds: a compare-and-swap uses up the step. */
  async isRight(user: auth.AuthUser, code: string): Promise<boolean> {
    const [credential] = await this.credentials.list(user.id, 'totp');
    const step = credential && stepOf(credential.data.secret, code);
    if (!credential || step === undefined || step <= Number(credential.data.step)) return false;
    return this.credentials.update(credential.id, credential.version, { data: { ...credential.data, step } });
  }
}

@auth.Public()
@Controller('login/totp')
class TotpController {
  constructor(
    @Inject(auth.AuthService) private readonly logins: auth.AuthService,
    @Inject(auth.Challenges) private readonly challenges: auth.Challenges,
    @Inject(Totp) private readonly totp: Totp,
  ) {}

  @Post()
  @HttpCode(200)
  async answer(@Body() body: unknown, @Req() request: auth.AuthRequest) {
    const [token, code] = auth.readStrings(body, ['challenge_token', 'code']);
    const { user, login } = await this.challenges.answer('totp', token, (one) => this.totp.isRight(one, code));
    return this.logins.admit(user, auth.deviceOf(request), { ...login, methods: [...login.methods, 'otp', 'mfa'] });
  }
}

export const totp = auth.defineFeature({
  name: 'totp',
  needs: { credentialStore: true, ephemeralStore: true },
  controllers: [TotpController],
  providers: [Totp],
  hooks: {
    inject: [Totp, auth.Challenges],
    useFactory: (own: Totp, challenges: auth.Challenges): auth.FeatureHooks => ({
      feature: 'totp',
      beforeSession: async (user, login) =>
        (await own.isSetUp(user)) ? challenges.issue('totp', user, login) : undefined,
    }),
  },
});

/** The time step of a code; a real feature computes it (RFC 6238). */
declare function stepOf(secret: unknown, code: string): number | undefined;
