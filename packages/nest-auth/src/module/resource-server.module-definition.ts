import { ConfigurableModuleBuilder } from '@nestjs/common';
import { token } from '../core/token.js';
import { readTable } from '../options/fields/composites.js';
import { OptionReader } from '../options/option-reader.js';
import type { ResourceServerOptions } from '../options/resource-server/resource-server-options.js';
import type { ResourceServerExtras } from './extras.js';
import { RESOURCE_SERVER_EXTRAS } from './extras-table.js';

export const RESOURCE_SERVER_OPTIONS = token<ResourceServerOptions>('resource-server-options');

/** Like auth.module-definition.ts, for a resource server. */
export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<ResourceServerOptions>({
  moduleName: 'ResourceServer',
  optionsInjectionToken: RESOURCE_SERVER_OPTIONS as never,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createResourceServerOptions')
  .setExtras<ResourceServerExtras>(readTable(RESOURCE_SERVER_EXTRAS, {}, new OptionReader()))
  .build();
