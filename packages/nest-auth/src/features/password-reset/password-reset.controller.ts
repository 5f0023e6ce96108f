import { type AuthRequest, assertJson, deviceOf, Public, readStrings } from '@acme/nest-auth';
import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { PasswordReset } from './password-reset.service.js';

/** Below the library's prefix: `POST /auth/password/forgot` and `/auth/password/reset`. */
@Public()
@Controller('password')
export class PasswordResetController {
  constructor(@Inject(PasswordReset) private readonly resets: PasswordReset) {}

  @Post('forgot')
  @HttpCode(202)
  async forgot(@Body() body: unknown, @Req() request: AuthRequest): Promise<void> {
    assertJson(request);
    const [email] = readStrings(body, ['email']);
    await this.resets.request(email, deviceOf(request));
  }

  @Post('reset')
  @HttpCode(204)
  async reset(@Body() body: unknown, @Req() request: AuthRequest): Promise<void> {
    assertJson(request);
    const [token, password] = readStrings(body, ['token', 'new_password']);
    await this.resets.reset(token, password, deviceOf(request));
  }
}
