import type { InjectionToken, Provider } from '@nestjs/common';
import { AuthError } from '../../core/errors/auth-error.js';

/**
 * Providers of a module that is imported without options. Each of them throws, because Nest may build any of them
 * first.
 */
export function unconfigured(tokens: readonly InjectionToken[]): Provider[] {
  return tokens.map((provide) => ({ provide, useFactory: refuse }));
}

function refuse(): never {
  throw new AuthError('invalid_configuration', {
    message:
      'AuthModule is imported without options. Write AuthModule.forRoot({ … }) or AuthModule.forRootAsync({ … }) once, in ' +
      'the root module. In other modules remove it: it is global. With isGlobal: false, import what forRoot returned there.',
  });
}
