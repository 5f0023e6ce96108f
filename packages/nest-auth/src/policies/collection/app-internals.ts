import type { HttpServer, INestApplicationContext } from '@nestjs/common';
import type { ApplicationConfig, ModulesContainer } from '@nestjs/core';

/** What Nest knows of an app. */
export interface AppInternals {
  readonly modules: ModulesContainer;
  readonly config: ApplicationConfig;
  /** `undefined` for an app without HTTP. */
  readonly adapter: HttpServer | undefined;
}

interface Container {
  getModules(): ModulesContainer;
  readonly applicationConfig: ApplicationConfig;
  getHttpAdapterRef(): HttpServer | null | undefined;
}

/** @param holder an app, or a `ModuleRef`. Nest has the container in both, without a public name */
export function internalsOf(holder: INestApplicationContext | object): AppInternals {
  const { container } = holder as { readonly container: Container };
  return {
    modules: container.getModules(),
    config: container.applicationConfig,
    adapter: container.getHttpAdapterRef() ?? undefined,
  };
}
