import { ConfigurableModuleBuilder } from '@nestjs/common';
import { token } from '../core/token.js';
import type { AuthOptions } from '../options/auth/auth-options.js';
import { readTable } from '../options/fields/composites.js';
import { OptionReader } from '../options/option-reader.js';
import type { AuthExtras } from './extras.js';
import { EXTRAS } from './extras-table.js';

export const AUTH_OPTIONS = token<AuthOptions>('options');

/** `forRoot` and `forRootAsync`: options that shape the module graph are static, all others may be async. */
export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<AuthOptions>({
  moduleName: 'Auth',
  optionsInjectionToken: AUTH_OPTIONS as never,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createAuthModuleOptions')
  .setExtras<AuthExtras>(readTable(EXTRAS, {}, new OptionReader()))
  .build();
