import type { FactoryProvider, InjectionToken, Provider, ValueProvider } from '@nestjs/common';
import { conceal } from '../core/conceal.js';

/** Nest keeps the options of a module as a provider of their own: with the secrets, for whoever inspects it. */
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
