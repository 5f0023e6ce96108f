import { ConfigurableModuleBuilder } from '@nestjs/common';
import { token } from '../core/token.js';
import type { ResourceServerOptions } from '../options/resource-server-options.js';
import type { ResourceServerExtras } from './extras.js';

export const RESOURCE_SERVER_OPTIONS = token<ResourceServerOptions>('resource-server-options');

/** As auth.module-definition.ts, for the other mode. */
export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<ResourceServerOptions>({
  moduleName: 'ResourceServer',
  optionsInjectionToken: RESOURCE_SERVER_OPTIONS as never,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createResourceServerOptions')
  .setExtras<ResourceServerExtras>({ isGlobal: true, globalGuard: true })
  .build();
