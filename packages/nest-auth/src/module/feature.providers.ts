import type { Provider, Type } from '@nestjs/common';
import type { FurtherBudgets } from '../core/attempt-limit.js';
import { seconds } from '../core/time.js';
import { type AuthFeature, type FeatureHooks, featureSettings } from '../features/feature.js';
import { CREDENTIAL_KINDS } from '../guards/jwt-auth.guard.js';
import { assertRoutes, mounted } from '../routes/mounted.js';
import { provide } from './provide.js';
import { FEATURE_HOOKS, SETTINGS } from './tokens.js';

/** A feature's providers, and its checked options. */
export function providersOf({ name, providers = [] }: AuthFeature): Provider[] {
  return [...providers, provide(featureSettings<unknown>(name), [SETTINGS], ({ features }) => features[name])];
}

/** A feature's controllers, below the prefix of the library's routes. */
export function mountedOf({ name, controllers = [], routes = {} }: AuthFeature, prefix: string): Type[] {
  assertRoutes(name, routes, controllers);
  return controllers.map((controller) => mounted(controller, prefix, own(routes, controller)));
}

/** The budgets of all features, in seconds. */
export function limitsOf(features: readonly AuthFeature[]): FurtherBudgets {
  const limits = features.flatMap((feature) => Object.entries(feature.limits ?? {}));
  return Object.fromEntries(
    limits.map(([name, { points, duration }]) => [name, { points, duration: seconds(duration) }]),
  );
}

function own(routes: Readonly<Record<string, boolean>>, { prototype }: Type): Record<string, boolean> {
  return Object.fromEntries(Object.entries(routes).filter(([method]) => method in prototype));
}

/**
 * Fills the lists of hooks and credentials once everything is built. They are lists from the beginning, so that hooks may
 * inject the services that call them.
 */
export function hooksOf(features: readonly AuthFeature[]): Provider {
  const factories = features.flatMap(({ hooks }) => {
    if (hooks === undefined) return [];
    return typeof hooks === 'function' ? { inject: [hooks], useFactory: (one: FeatureHooks) => one } : hooks;
  });
  return {
    provide: Symbol.for('acme/nest-auth:hooks-of-features'),
    inject: [FEATURE_HOOKS, CREDENTIAL_KINDS, ...factories.flatMap(({ inject }) => inject)],
    useFactory: (...[list, kinds, ...dependencies]: [FeatureHooks[], unknown[], ...unknown[]]) => {
      for (const { inject, useFactory } of factories) {
        const make: (...given: never[]) => FeatureHooks = useFactory;
        const hooks = make(...(dependencies.splice(0, inject.length) as never[]));
        list.push(hooks);
        if (hooks.credential) kinds.push(hooks.credential);
      }
      return list;
    },
  };
}
