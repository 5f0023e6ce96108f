import * as auth from '@acme/nest-auth';
import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';

declare module '@acme/nest-auth' {
  interface LimitedActions {
    magic_link: unknown;
  }
}

@auth.Public()
@Controller('login/magic-link')
class MagicLinkController {
  constructor(
    @Inject(auth.AuthService) private readonly logins: auth.AuthService,
    @Inject(auth.OneTimeTokens) private readonly tokens: auth.OneTimeTokens,
    @Inject(auth.UserStore) private readonly users: auth.UserStore,
    @Inject(auth.Limits) private readonly limits: auth.Limits,
    @Inject(auth.Mailer) private readonly mailer: auth.Mailer,
    @Inject(auth.BackgroundTasks) private readonly background: auth.BackgroundTasks,
  ) {}

  @Post()
  @HttpCode(202)
  async send(@Body() body: unknown, @Req() request: auth.AuthRequest): Promise<void> {
    const [email] = auth.readStrings(body, ['email']);
    await this.limits.take('magic_link', email, auth.deviceOf(request));
    this.background.run(async () => {
      const user = await this.users.findByLogin(email);
      const to = user && auth.addressOf(user);
      if (!user || !to) return;
      const token = await this.tokens.issueTo(user, 'magic-link', { address: to, ttl: 600 });
      await this.mailer.send({ kind: 'magic_link', to, data: { token }, subject: 'Log in', text: token, html: token });
    });
  }

  @Post('confirm')
  @HttpCode(200)
  async confirm(@Body() body: unknown, @Req() request: auth.AuthRequest) {
    const owner = await this.tokens.redeem('magic-link', auth.readStrings(body, ['token'])[0]);
    if (!owner) throw new auth.AuthError('invalid_credentials');
    return this.logins.admit(owner.user, auth.deviceOf(request), { methods: ['email'] });
  }
}

export const magicLink = auth.defineFeature({
  name: 'magicLink',
  limits: { magic_link: { points: 5, duration: '1h' } },
  needs: { mailer: true, ephemeralStore: true },
  controllers: [MagicLinkController],
});
