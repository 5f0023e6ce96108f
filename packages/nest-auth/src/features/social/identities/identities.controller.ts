import {
  Authenticated,
  type AuthRequest,
  assertJson,
  CurrentUser,
  deviceOf,
  type Principal,
  RequireRecent,
  readStrings,
} from '@acme/nest-auth';
import { applyDecorators, Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { SocialLogins } from '../social.service.js';
import { Identities } from './identities.service.js';
import type { LinkedIdentity } from './identity-record.js';

/** For the routes that change how a user can log in. */
const ChangesWaysIn = () => applyDecorators(Authenticated(), RequireRecent('15m'));

/** Below the library's prefix: `/auth/identities`. */
@Controller('identities')
export class IdentitiesController {
  constructor(
    @Inject(Identities) private readonly identities: Identities,
    @Inject(SocialLogins) private readonly logins: SocialLogins,
  ) {}

  @Authenticated()
  @Get()
  list(@CurrentUser() caller: Principal): Promise<LinkedIdentity[]> {
    return this.identities.list(caller.id);
  }

  @ChangesWaysIn()
  @Post(':provider')
  @HttpCode(200)
  async beginLink(
    @CurrentUser() caller: Principal,
    @Param('provider') provider: string,
    @Body() body: unknown,
    @Req() request: AuthRequest,
  ): Promise<{ readonly url: string }> {
    // The body may be left out. Bodies of forms are refused here, and pages of other origins by the guard.
    if (request.headers['content-type'] !== undefined) assertJson(request);
    const isAsked = Object.hasOwn(Object(body), 'return_to');
    const [returnTo] = isAsked ? readStrings(body, ['return_to']) : [undefined];
    return { url: await this.logins.beginLink(caller.id, provider, returnTo, request) };
  }

  /** No recent login is required: the code came from one, at most a minute ago. */
  @Authenticated()
  @Post()
  @HttpCode(204)
  async link(@CurrentUser() caller: Principal, @Body() body: unknown, @Req() request: AuthRequest): Promise<void> {
    assertJson(request);
    const [code] = readStrings(body, ['link_code']);
    await this.logins.completeLink(caller.id, code, request);
  }

  @ChangesWaysIn()
  @Delete(':id')
  @HttpCode(204)
  async unlink(@CurrentUser() caller: Principal, @Param('id') id: string, @Req() request: AuthRequest): Promise<void> {
    await this.identities.unlink(caller.id, id, deviceOf(request));
  }
}
