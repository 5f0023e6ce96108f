import { Inject, Injectable, type OnModuleInit, Scope } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { SETTINGS } from './auth.providers.js';
import { AuthError } from './core/auth-error.js';

/**
 * Refuses to boot where the options come from a request-scoped provider: everything of ours would be built anew for
 * each request, so that revocations and counted attempts are forgotten. Earlier versions of Nest 11 even leave out a
 * global guard of that kind, without a word.
 */
@Injectable()
export class StaticScope implements OnModuleInit {
  constructor(@Inject(ModuleRef) private readonly moduleRef: ModuleRef) {}

  /** @throws AuthError `invalid_configuration` */
  onModuleInit(): void {
    if (this.moduleRef.introspect(SETTINGS).scope === Scope.DEFAULT) return;
    throw new AuthError('invalid_configuration', {
      message:
        'forRootAsync: what the factory injects is request-scoped, and the options are read once; inject singletons, and look at the request in your stores.',
    });
  }
}
