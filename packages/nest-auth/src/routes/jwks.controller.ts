import { Controller, Get, Header, Inject, UseFilters, VERSION_NEUTRAL } from '@nestjs/common';
import { AuthError } from '../core/errors/auth-error.js';
import { markOwn } from '../core/policy/marks.js';
import { TokenService } from '../core/tokens/token-service.js';
import { Public } from '../guards/auth.decorators.js';
import { AuthErrorFilter } from '../transports/auth-error.filter.js';

/** The public keys, for services that verify access tokens themselves. The keys do not depend on an API's version. */
@UseFilters(AuthErrorFilter)
@Controller({ path: '.well-known', version: VERSION_NEUTRAL })
export class JwksController {
  constructor(@Inject(TokenService) private readonly tokens: TokenService) {}

  @Public()
  @Get('jwks.json')
  @Header('Cache-Control', 'public, max-age=300')
  jwks(): object {
    const jwks = this.tokens.jwks();
    if (jwks.keys.length === 0) throw new AuthError('not_found', { message: 'The access keys are symmetric.' });
    return jwks;
  }
}

markOwn(JwksController);
