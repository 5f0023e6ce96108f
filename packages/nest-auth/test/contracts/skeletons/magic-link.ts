import {
  AuthError,
  type AuthRequest,
  AuthService,
  addressOf,
  BackgroundTasks,
  defineFeature,
  deviceOf,
  Limits,
  Mailer,
  OneTimeTokens,
  Public,
  readStrings,
  UserStore,
} from '@acme/nest-auth';
import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';

declare module '@acme/nest-auth' {
  interface LimitedActions {
    magic_link: unknown;
  }
}

@Public()
@Controller('login/magic-link')
class MagicLinkController {
  constructor(
    @Inject(AuthService) private readonly auth: AuthService,
    @Inject(OneTimeTokens) private readonly tokens: OneTimeTokens,
    @Inject(UserStore) private readonly users: UserStore,
    @Inject(Limits) private readonly limits: Limits,
    @Inject(Mailer) private readonly mailer: Mailer,
    @Inject(BackgroundTasks) private readonly background: BackgroundTasks,
  ) {}

  @Post()
  @HttpCode(202)
  async send(@Body() body: unknown, @Req() request: AuthRequest): Promise<void> {
    const [email] = readStrings(body, ['email']);
    await this.limits.take('magic_link', email, deviceOf(request));
    this.background.run(async () => {
      const user = await this.users.findByLogin(email);
      const to = user && addressOf(user);
      if (!user || !to) return;
      const token = await this.tokens.issueTo(user, 'magic-link', { address: to, ttl: 600 });
      await this.mailer.send({ kind: 'magic_link', to, data: { token }, subject: 'Log in', text: token, html: token });
    });
  }

  @Post('confirm')
  @HttpCode(200)
  async confirm(@Body() body: unknown, @Req() request: AuthRequest) {
    const owner = await this.tokens.redeem('magic-link', readStrings(body, ['token'])[0]);
    if (!owner) throw new AuthError('invalid_credentials');
    return this.auth.admit(owner.user, deviceOf(request), { methods: ['email'] });
  }
}

export const magicLink = defineFeature({
  name: 'magicLink',
  limits: { magic_link: { points: 5, duration: '1h' } },
  needs: { mailer: true, ephemeralStore: true },
  controllers: [MagicLinkController],
});
