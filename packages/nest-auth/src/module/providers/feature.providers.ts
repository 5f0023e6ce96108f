import type { Provider, Type } from '@nestjs/common';
import { AuthError } from '../../core/errors/auth-error.js';
import { conceal } from '../../core/errors/conceal.js';
import type { FurtherBudgets } from '../../core/limits/attempt-limit.js';
import { Observation } from '../../core/observation/observation.js';
import { seconds } from '../../core/time.js';
import { type AuthFeature, type FeatureHooks, featureSettings } from '../../features/feature.js';
import { CredentialKinds } from '../../guards/credential-kinds.js';
import { isRecord, kindOf } from '../../options/value-kind.js';
import { isRoute, mounted, routesOf } from '../../routes/mounted.js';
import { provide } from './provide.js';
import { FEATURE_HOOKS, SETTINGS } from './tokens.js';

/** A feature's providers, and its checked options. They may hold secrets, so inspecting the app does not show them. */
export function providersOf({ name, options, providers = [] }: AuthFeature): Provider[] {
  if (!options) return [...providers];
  const settings = provide(featureSettings<object>(name), [SETTINGS], ({ features }) =>
    conceal(features[name] as object),
  );
  return [...providers, settings];
}

/** A feature's controllers, below the prefix of the library's routes. */
export function mountedOf({ name, controllers = [], routes = {} }: AuthFeature, prefix: string): Type[] {
  const problem = problemOf(name, routes, controllers);
  if (problem) throw refusal(problem);
  return controllers.map((controller) => mounted(controller, prefix, own(routes, controller)));
}

/** What is wrong with the switches of a feature's routes: with a wrong name, the route would stay enabled. */
function problemOf(feature: string, routes: unknown, controllers: readonly Type[]): string | undefined {
  if (!isRecord(routes)) return `routes of '${feature}' is ${kindOf(routes)}; write { method: false }`;
  const unknown = Object.keys(routes).filter((name) => !controllers.some((one) => isRoute(one, name)));
  const known = controllers.flatMap(routesOf);
  const remedy = known.length > 0 ? `choose from ${known.join(', ')}` : 'leave routes out';
  if (unknown.length > 0) return `'${feature}' has no route named ${unknown.join(', ')}; ${remedy}`;
  const wrong = Object.keys(routes).find((name) => typeof routes[name] !== 'boolean');
  return wrong && `the route ${wrong} of '${feature}' is ${kindOf(routes[wrong])}; write true or false`;
}

/** The budgets of all features, in seconds. */
export function limitsOf(features: readonly AuthFeature[]): FurtherBudgets {
  const limits = features.flatMap((feature) => Object.entries(feature.limits ?? {}));
  return Object.fromEntries(
    limits.map(([name, { points, duration }]) => [name, { points, duration: seconds(duration) }]),
  );
}

function own(routes: Readonly<Record<string, boolean>>, controller: Type): Record<string, boolean> {
  return Object.fromEntries(Object.entries(routes).filter(([method]) => isRoute(controller, method)));
}

type Given = [FeatureHooks[], CredentialKinds, Observation, ...unknown[]];

/**
 * Adds all hooks and credentials once everything is built. The lists exist from the beginning, so that hooks may inject
 * the services that call them.
 */
export function hooksOf(features: readonly AuthFeature[]): Provider {
  const factories = features.flatMap(({ name, hooks }) => {
    if (hooks === undefined) return [];
    const factory = typeof hooks === 'function' ? { inject: [hooks], useFactory: (one: FeatureHooks) => one } : hooks;
    return { ...factory, name };
  });
  return {
    provide: Symbol.for('acme/nest-auth:hooks-of-features'),
    inject: [FEATURE_HOOKS, CredentialKinds, Observation, ...factories.flatMap(({ inject }) => inject)],
    useFactory: (...[list, kinds, observation, ...dependencies]: Given) => {
      for (const { name, inject, useFactory } of factories) {
        const make: (...given: never[]) => FeatureHooks = useFactory;
        const hooks = make(...(dependencies.splice(0, inject.length) as never[]));
        assertNamed(name, hooks);
        list.push(hooks);
        if (hooks.credential) kinds.add(name, hooks.credential);
        if (hooks.observe) observation.add(name, hooks.observe);
      }
      return list;
    },
  };
}

/** A login that passed one feature's challenge must not count as having passed another's. */
function assertNamed(name: string, { feature }: FeatureHooks): void {
  if (feature !== name) throw refusal(`the hooks of '${name}' are named '${feature}'; write feature: '${name}'`);
}

function refusal(problem: string): AuthError {
  return new AuthError('invalid_configuration', { message: `features: ${problem}.` });
}
