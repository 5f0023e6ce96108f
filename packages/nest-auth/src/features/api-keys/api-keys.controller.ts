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
import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { type ApiKey, assertUserId, type NewApiKey, type WantedApiKey } from './api-key.js';
import { ApiKeys } from './api-keys.service.js';

/** A key outlives the session that made it. */
const ChangesKeys = () => RequireRecent('15m');

/** A user's own keys, below the library's prefix. Callers need an access token: a stolen key cannot make more keys. */
@Authenticated()
@Controller('api-keys')
export class ApiKeysController {
  constructor(@Inject(ApiKeys) private readonly keys: ApiKeys) {}

  @ChangesKeys()
  @Post()
  async create(
    @CurrentUser() caller: Principal,
    @Body() body: unknown,
    @Req() request: AuthRequest,
  ): Promise<NewApiKey> {
    assertJson(request);
    const [name] = readStrings(body, ['name']);
    const { permissions, expires_in } = { ...(body as Partial<WantedApiKey>) };
    return this.keys.create(caller.id, { name, permissions, expires_in }, deviceOf(request));
  }

  @Get()
  async list(@CurrentUser() caller: Principal): Promise<readonly ApiKey[]> {
    return this.keys.list(ownerOf(caller));
  }

  @Delete(':id')
  @HttpCode(204)
  async remove(@CurrentUser() caller: Principal, @Param('id') id: string, @Req() request: AuthRequest): Promise<void> {
    await this.keys.remove(ownerOf(caller), id, deviceOf(request));
  }

  @ChangesKeys()
  @Post(':id/rotate')
  async rotate(
    @CurrentUser() caller: Principal,
    @Param('id') id: string,
    @Req() request: AuthRequest,
  ): Promise<NewApiKey> {
    return this.keys.rotate(ownerOf(caller), id, deviceOf(request));
  }
}

function ownerOf({ id }: Principal): string {
  assertUserId(id);
  return id;
}
