import type { HttpServer, INestApplicationContext } from '@nestjs/common';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';

/** Nest 11 has no route resolution strategies. */
type Config = ApplicationConfig & { readonly getRouteResolutionStrategy?: () => string };

/** The parts of Nest that hold an app's modules and settings. */
export interface AppInternals {
  readonly modules: ModulesContainer;
  readonly config: Config;
  /** `undefined` for an app without HTTP. */
  readonly adapter: HttpServer | undefined;
}

interface Container {
  getModules(): ModulesContainer;
  readonly applicationConfig: Config;
  getHttpAdapterRef(): HttpServer | null | undefined;
}

/** @param holder an app, or a `ModuleRef`. Both have Nest's container, as a private member */
export function internalsOf(holder: INestApplicationContext | object): AppInternals {
  const { container } = holder as { readonly container: Container };
  return {
    modules: container.getModules(),
    config: container.applicationConfig,
    adapter: container.getHttpAdapterRef() ?? undefined,
  };
}
