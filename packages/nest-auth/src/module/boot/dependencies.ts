import 'reflect-metadata';
import type { InjectionToken, Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

export type Module = ModulesContainer extends Map<string, infer M> ? M : never;
export type Wrapper = Module['providers'] extends Map<unknown, infer W> ? W : never;

/** A provider on which another one depends, and its module. */
export interface Step {
  readonly token: InjectionToken;
  readonly wrapper: Wrapper;
  readonly module: Module;
}

// Nest's own metadata keys, which it does not export.
const PARAMETERS = 'design:paramtypes';
const EXPLICIT_PARAMETERS = 'self:paramtypes';
const PROPERTIES = 'self:properties_metadata';

/** Visits every path from a provider to its dependencies; continues from each provider only once. */
export function searchDependencies(module: Module, wrapper: Wrapper, visit: (path: readonly Step[]) => void): void {
  const seen = new Set<Wrapper>();
  const walk = (path: readonly Step[]): void => {
    visit(path);
    const { wrapper: current, module: host } = path.at(-1) as Step;
    if (seen.has(current)) return;
    seen.add(current);
    for (const token of dependenciesOf(current)) {
      const found = findProvider(host, token);
      if (found) walk([...path, { token, ...found }]);
    }
  };
  walk([{ token: wrapper.token, wrapper, module }]);
}

function dependenciesOf({ inject, metatype }: Wrapper): InjectionToken[] {
  if (inject) return inject.map(tokenOf);
  if (typeof metatype !== 'function') return [];
  const parameters: unknown[] = [...(Reflect.getMetadata(PARAMETERS, metatype) ?? [])];
  for (const { index, param } of Reflect.getMetadata(EXPLICIT_PARAMETERS, metatype) ?? []) parameters[index] = param;
  const properties: { readonly type: unknown }[] = Reflect.getMetadata(PROPERTIES, metatype) ?? [];
  return [...parameters, ...properties.map(({ type }) => type)].map(tokenOf);
}

/** Unwraps `{ token, optional }` and `forwardRef`. */
function tokenOf(dependency: unknown): InjectionToken {
  if (typeof dependency !== 'object' || dependency === null) return dependency as InjectionToken;
  if ('forwardRef' in dependency) return (dependency.forwardRef as () => InjectionToken)();
  return 'token' in dependency ? tokenOf(dependency.token) : (dependency as InjectionToken);
}

/** Searches like Nest: in the module itself, then in the exports of its imports. */
export function findProvider(module: Module, token: InjectionToken): Pick<Step, 'wrapper' | 'module'> | undefined {
  const own = module.providers.get(token);
  return own ? { wrapper: own, module } : findExported([...module.imports], token, new Set());
}

function findExported(
  modules: readonly Module[],
  token: InjectionToken,
  seen: Set<Module>,
): Pick<Step, 'wrapper' | 'module'> | undefined {
  for (const module of modules) {
    if (seen.has(module)) continue;
    seen.add(module);
    const wrapper = module.exports.has(token) ? module.providers.get(token) : undefined;
    if (wrapper) return { wrapper, module };
    const reexported = [...module.imports].filter(({ metatype }) => module.exports.has(metatype));
    const found = findExported(reexported, token, seen);
    if (found) return found;
  }
  return undefined;
}

/** A token's name, for messages. */
export function nameOf(token: InjectionToken): string {
  return typeof token === 'function' ? (token as Type).name : String(token);
}
