import type { DynamicModule, InjectionToken } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { makeAuthErrorsHttpExceptions } from '../http/auth-exception.js';
import { aliasesForOtherCopies } from './boot/copies.js';
import { concealOptions } from './conceal-options.js';
import type { ResourceServerExtras } from './extras.js';
import { GLOBAL_GUARDS, GUARDS } from './providers/guard.providers.js';

type Lists = Pick<DynamicModule, 'imports' | 'controllers' | 'providers'>;

interface Composition extends Lists, ResourceServerExtras {
  /** What `forRoot` or `forRootAsync` of Nest's builder returned. */
  readonly definition: DynamicModule;
  readonly options: InjectionToken;
  readonly exports: readonly InjectionToken[];
  /** What features export. Other copies of the library do not know them. */
  readonly further?: NonNullable<DynamicModule['exports']>;
}

/** Adds to a module what every mode has: the guards, the hidden options, and the names of other copies. */
export function compose({ definition, options, exports, further = [], ...parts }: Composition): DynamicModule {
  const { isGlobal = true, globalGuard = true, imports = [], controllers = [], providers = [] } = parts;
  makeAuthErrorsHttpExceptions();
  const aliases = aliasesForOtherCopies(exports);
  return {
    ...definition,
    global: isGlobal,
    imports: [...(definition.imports ?? []), DiscoveryModule, ...imports],
    controllers,
    providers: [
      ...concealOptions(definition.providers, options),
      ...aliases,
      ...GUARDS,
      ...(globalGuard ? GLOBAL_GUARDS : []),
      ...providers,
    ],
    exports: [...exports, ...aliases.map(({ provide }) => provide), ...further],
  };
}
