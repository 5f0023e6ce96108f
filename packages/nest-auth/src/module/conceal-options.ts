import type { FactoryProvider, InjectionToken, Provider, ValueProvider } from '@nestjs/common';
import { conceal } from '../core/errors/conceal.js';

/** Conceals a module's options: Nest keeps them as a provider, and inspecting it would show the secrets. */
export function concealOptions(providers: readonly Provider[] = [], token: InjectionToken): Provider[] {
  return providers.map((provider) => {
    if (!('provide' in provider) || provider.provide !== token) return provider;
    if ('useValue' in provider) return { ...provider, useValue: concealed((provider as ValueProvider).useValue) };
    const { useFactory } = provider as FactoryProvider;
    return { ...provider, useFactory: async (...args: unknown[]) => concealed(await useFactory(...args)) };
  });
}

function concealed(options: unknown): unknown {
  return typeof options === 'object' && options !== null ? conceal(options) : options;
}
