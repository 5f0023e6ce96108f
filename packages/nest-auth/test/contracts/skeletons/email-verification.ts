import {
  AuthError,
  type AuthRequest,
  addressOf,
  assertJson,
  CurrentUser,
  defineFeature,
  deviceOf,
  type ErrorCode,
  Limits,
  Mailer,
  OneTimeTokens,
  type Principal,
  Public,
  Require,
  readStrings,
  UserStore,
} from '@acme/nest-auth';
import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';

declare module '@acme/nest-auth' {
  interface AuthErrorCodes {
    email_not_verified: ErrorCode;
  }
  interface LimitedActions {
    verification_mail: unknown;
  }
}

@Controller('email/verify')
class EmailVerificationController {
  constructor(
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(UserStore) private readonly users: UserStore,
    @Inject(Limits) private readonly limits: Limits,
    @Inject(Mailer) private readonly mailer: Mailer,
  ) {}

  @Post('send')
  @HttpCode(202)
  async send(@CurrentUser() caller: Principal, @Req() request: AuthRequest): Promise<void> {
    await this.limits.take('verification_mail', caller.id, deviceOf(request));
    const user = await this.users.findById(caller.id);
    const to = user && addressOf(user);
    if (!user || !to) return;
    const token = await this.tokens.issueTo(user, 'verify', { address: to, ttl: 3600 });
    await this.mailer.send({ kind: 'verify', to, data: { token }, subject: 'Verify', text: token, html: token });
  }

  @Public()
  @Post()
  @HttpCode(204)
  async verify(@Body() body: unknown, @Req() request: AuthRequest): Promise<void> {
    assertJson(request);
    const owner = await this.tokens.redeem('verify', readStrings(body, ['token'])[0]);
    if (!owner) throw new AuthError('invalid_request');
    await this.users.setEmailVerified?.(owner.user.id, owner.address, new Date());
  }
}

const refusal = ({ claims }: Principal) => (claims.email_verified ? undefined : new AuthError('email_not_verified'));
export const RequireVerifiedEmail = () => Require({ kind: 'verified-email', name: 'a verified address', refusal });

export const emailVerification = defineFeature({
  name: 'emailVerification',
  codes: { email_not_verified: { status: 403, message: 'Verify your e-mail address first.' } },
  limits: { verification_mail: { points: 5, duration: '1h' } },
  needs: { mailer: true, ephemeralStore: true, userStore: ['setEmailVerified'] },
  controllers: [EmailVerificationController],
});
