import type { ModulesContainer } from '@nestjs/core';

// Nest's own metadata key, which it does not export.
const MODULE_PATH = '__module_path__';

/** The path that `RouterModule` gives a module. */
export function modulePathOf(type: object, { applicationId }: ModulesContainer): string {
  const path = Reflect.getMetadata(MODULE_PATH + applicationId, type) ?? Reflect.getMetadata(MODULE_PATH, type);
  return (path as string | undefined) ?? '';
}

/** `RouterModule` writes the paths of modules in its constructor, which the preview mode does not call. */
export function writeModulePaths(modules: ModulesContainer): void {
  for (const { metatype, providers } of modules.values()) {
    if (metatype?.name !== 'RouterModule') continue;
    const routes = [...providers].find(([token]) => typeof token === 'symbol' && token.description === 'ROUTES');
    const instance = providers.get(metatype)?.instance as object | undefined;
    if (!routes || !instance || Object.hasOwn(instance, 'routes')) continue;
    const RouterModule = metatype as unknown as new (modules: ModulesContainer, routes: unknown) => unknown;
    new RouterModule(modules, routes[1].instance);
  }
}
