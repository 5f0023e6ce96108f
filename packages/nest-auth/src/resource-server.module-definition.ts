import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { ResourceServerExtras, ResourceServerOptions } from './resource-server.options.js';

/** As auth.module-definition.ts, for the other mode. */
export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<ResourceServerOptions>({
  moduleName: 'ResourceServer',
  optionsInjectionToken: Symbol.for('acme/nest-auth:resource-server-options') as never,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createResourceServerOptions')
  .setExtras<ResourceServerExtras>({ isGlobal: true, globalGuard: true })
  .build();
