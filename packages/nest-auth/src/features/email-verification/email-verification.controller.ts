import {
  Authenticated,
  type AuthRequest,
  assertJson,
  CurrentUser,
  deviceOf,
  type Principal,
  Public,
  readStrings,
} from '@acme/nest-auth';
import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { EmailChange } from './email-change.service.js';
import { EmailVerification } from './email-verification.service.js';

/** Below the library's prefix: `POST /auth/email`, `/auth/email/verify` and `/auth/email/verify/send`. */
@Controller('email')
export class EmailVerificationController {
  constructor(
    @Inject(EmailVerification) private readonly verifications: EmailVerification,
    @Inject(EmailChange) private readonly changes: EmailChange,
  ) {}

  @Public()
  @Post('verify')
  @HttpCode(204)
  async verify(@Body() body: unknown, @Req() request: AuthRequest): Promise<void> {
    assertJson(request);
    const [token] = readStrings(body, ['token']);
    await this.verifications.verify(token, deviceOf(request));
  }

  @Public()
  @Post('verify/send')
  @HttpCode(202)
  async send(@Body() body: unknown, @Req() request: AuthRequest): Promise<void> {
    assertJson(request);
    const [email] = readStrings(body, ['email']);
    await this.verifications.send(email, deviceOf(request));
  }

  @Authenticated()
  @Post()
  @HttpCode(202)
  async change(@CurrentUser() caller: Principal, @Body() body: unknown, @Req() request: AuthRequest): Promise<void> {
    assertJson(request);
    const [email, password] = readStrings(body, ['email', 'current_password']);
    await this.changes.request(caller, { email, password }, deviceOf(request));
  }
}
