import * as auth from '@acme/nest-auth';
import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';

declare module '@acme/nest-auth' {
  interface AuthErrorCodes {
    email_not_verified: auth.ErrorCode;
  }
  interface LimitedActions {
    verification_mail: unknown;
  }
}

@Controller('email/verify')
class EmailVerificationController {
  constructor(
    @Inject(auth.OneTimeTokens) private readonly tokens: auth.OneTimeTokens,
    @Inject(auth.UserStore) private readonly users: auth.UserStore,
    @Inject(auth.Limits) private readonly limits: auth.Limits,
    @Inject(auth.Mailer) private readonly mailer: auth.Mailer,
  ) {}

  @Post('send')
  @HttpCode(202)
  async send(@auth.CurrentUser() caller: auth.Principal, @Req() request: auth.AuthRequest): Promise<void> {
    await this.limits.take('verification_mail', caller.id, auth.deviceOf(request));
    const user = await this.users.findById(caller.id);
    const to = user && auth.addressOf(user);
    if (!user || !to) return;
    const token = await this.tokens.issueTo(user, 'verify', { address: to, ttl: 3600 });
    await this.mailer.send({ kind: 'verify', to, data: { token }, subject: 'Verify', text: token, html: token });
  }

  @auth.Public()
  @Post()
  @HttpCode(204)
  async verify(@Body() body: unknown, @Req() request: auth.AuthRequest): Promise<void> {
    auth.assertJson(request);
    const owner = await this.tokens.redeem('verify', auth.readStrings(body, ['token'])[0]);
    if (!owner) throw new auth.AuthError('invalid_request');
    await this.users.setEmailVerified?.(owner.user.id, owner.address, new Date());
  }
}

const refusal = ({ claims }: auth.Principal) =>
  claims.email_verified ? undefined : new auth.AuthError('email_not_verified');
export const RequireVerifiedEmail = () => auth.Require({ kind: 'verified-email', name: 'a verified address', refusal });

export const emailVerification = auth.defineFeature({
  name: 'emailVerification',
  codes: { email_not_verified: { status: 403, message: 'Verify your e-mail address first.' } },
  limits: { verification_mail: { points: 5, duration: '1h' } },
  needs: { mailer: true, ephemeralStore: true, userStore: ['setEmailVerified'] },
  controllers: [EmailVerificationController],
});
