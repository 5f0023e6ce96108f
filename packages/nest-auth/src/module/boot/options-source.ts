import { Inject, Injectable, type OnModuleInit, Scope } from '@nestjs/common';
import { ModuleRef, ModulesContainer } from '@nestjs/core';
import { AuthError } from '../../core/errors/auth-error.js';
import { SETTINGS } from '../providers/tokens.js';
import { nameOf, type Step, searchDependencies } from './dependencies.js';

/**
 * Refuses options that come from a request-scoped provider, and options that depend on providers that are built from
 * them. Request-scoped options would rebuild the library for each request, which forgets revocations and counted
 * attempts; earlier versions of Nest 11 even skip such a global guard silently.
 */
@Injectable()
export class OptionsSource implements OnModuleInit {
  /**
   * Checks in the constructor: Nest would later refuse the same, with advice that does not help here.
   * @throws AuthError `invalid_configuration`
   */
  constructor(
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    for (const module of modules.values()) {
      const settings = module.providers.get(SETTINGS);
      if (!settings) continue;
      searchDependencies(module, settings, (path) => {
        const last = path.at(-1) as Step;
        if (last.wrapper.scope === Scope.REQUEST) throw requestScoped(nameOf(last.token));
        if (path.length > 1 && last.wrapper === settings) throw circular(path);
      });
    }
  }

  /** Finds what the search missed, because Nest knows the scope by now. @throws AuthError `invalid_configuration` */
  onModuleInit(): void {
    if (this.moduleRef.introspect(SETTINGS).scope !== Scope.DEFAULT) throw requestScoped('a dependency of theirs');
  }
}

function requestScoped(name: string): AuthError {
  return new AuthError('invalid_configuration', {
    message:
      `AuthModule cannot start: its options come from a request-scoped provider (${name}), but they are read once. ` +
      'Let the factory of forRootAsync inject singletons only, and look at the request in the methods of your stores.',
  });
}

function circular(path: readonly Step[]): AuthError {
  // The app's part of the path, and the library's first step after it.
  const last = path.findLastIndex(({ module }) => module !== path[0]?.module);
  const names = path.slice(2, last < 0 ? -1 : last + 2).map(({ token }) => nameOf(token));
  return new AuthError('invalid_configuration', {
    message:
      `AuthModule cannot start: its options need ${names.join(', which needs ')}, which is built from the options. ` +
      'Put the store into a class that does not need it, or ask ModuleRef for it when it is used; ' +
      'both are shown at https://github.com/acme/nest-auth/blob/main/docs/guides/other-modules.md',
  });
}
