import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { AuthExtras, AuthOptions } from './auth.options.js';

/** `forRoot` and `forRootAsync`: what shapes the module graph is static, what is a value may be async. */
export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<AuthOptions>({
  moduleName: 'Auth',
  optionsInjectionToken: Symbol.for('acme/nest-auth:options') as never,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createAuthModuleOptions')
  .setExtras<AuthExtras>({ isGlobal: true, globalGuard: true, routes: {}, features: [] })
  .build();
