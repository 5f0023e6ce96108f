import { APP_GUARD } from '@nestjs/core';
import { bringsGuard, isEnforcer, letsInOf } from '../../core/policy/marks.js';
import type { Wrapper } from '../../guards/handlers.js';
import type { ListedGuard } from '../policy-list.js';
import type { AppInternals } from './app-internals.js';

// Nest's own metadata key, which it does not export.
const GUARDS = '__guards__';

/** The global guards in Nest's order: those of modules, of `main.ts`, and request-scoped ones. */
export function globalGuardsOf({ modules, config }: Pick<AppInternals, 'modules' | 'config'>): ListedGuard[] {
  const all = [...modules.values()];
  const provided = all.flatMap(({ providers }) => [...providers].filter(isGlobal).map(([, wrapper]) => wrapper));
  const scoped = all.flatMap(({ injectables }) => [...injectables].filter(isGlobal).map(([, wrapper]) => wrapper));
  const known = new Set(provided.map(({ instance }) => instance as unknown));
  // In the preview mode, a guard that was not built is `undefined`.
  const further = config.getGlobalGuards().filter((guard) => Boolean(guard) && !known.has(guard));
  return [...provided.map(ofProvider), ...further.map((guard) => describe(guard, 'global')), ...scoped.map(ofProvider)];
}

/**
 * Whether our global guard certainly runs for messages too. Nest's global guards do not reach gateways before Nest 12,
 * nor a hybrid app's microservices, so the library adds ours to them, unless the app turned that off
 * (`globalGuard: false`).
 */
export function everywhere({ modules, adapter }: AppInternals): boolean {
  return !adapter || [...modules.values()].some(({ providers }) => [...providers.keys()].some(bringsGuard));
}

/** The guards of `@UseGuards` on a class and a method. */
export function ownGuardsOf(type: object, method: object | undefined): ListedGuard[] {
  const of = (target: object | undefined, scope: ListedGuard['scope']) =>
    ((target && (Reflect.getMetadata(GUARDS, target) as unknown[] | undefined)) ?? [])
      .filter((guard) => !isBroughtAlong(guard))
      .map((guard) => describe(guard, scope));
  return [...of(type, 'controller'), ...of(method, 'method')];
}

/** `MessageHandlers` adds the global guard to classes that Nest's global guards may not reach. */
function isBroughtAlong(guard: unknown): boolean {
  return isEnforcer(guard) && Object.getPrototypeOf(guard) === Object.prototype;
}

function isGlobal([token]: readonly [unknown, unknown]): boolean {
  return typeof token === 'string' && token.startsWith(APP_GUARD);
}

/** An alias has no class of its own, and in the preview mode no instance. */
function ofProvider({ inject, metatype, instance, isAlias }: Wrapper): ListedGuard {
  const alias = isAlias ? inject?.[0] : undefined;
  if (typeof alias === 'function') return describe(alias, 'global');
  if (instance) return describe(instance, 'global');
  return describe(inject ? undefined : metatype, 'global');
}

/** @param guard a class, an instance, or nothing */
function describe(guard: unknown, scope: ListedGuard['scope']): ListedGuard {
  const type = (typeof guard === 'function' ? guard : Object(guard).constructor) as { readonly name: string };
  const marked: unknown = typeof guard === 'function' ? guard.prototype : guard;
  const letsIn = letsInOf(marked);
  const name = guard === undefined || guard === null ? 'a factory' : type.name;
  return { name, scope, enforces: isEnforcer(marked), ...(letsIn === undefined ? {} : { letsIn }) };
}
