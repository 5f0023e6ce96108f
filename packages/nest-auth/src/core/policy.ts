import { isDeepStrictEqual } from 'node:util';
import { AuthError } from './auth-error.js';
import {
  classOf,
  classWord,
  hasMethodWords,
  hasRequirement,
  isOpen,
  joined,
  lineageOf,
  methodWord,
  namesOn,
  type Policy,
  refuse,
  setsAside,
  type Word,
  wordOn,
} from './declared-policy.js';

export type { Access, Authorizer, Policy } from './declared-policy.js';

/** Of a handler that nobody has said anything about. */
export const UNDECLARED: Policy = Object.freeze({ access: 'authenticated' });

/** Where Nest finds a handler. */
export interface Place {
  readonly prototype: object;
  /** None for a class without handlers, such as a gateway that only sends. */
  readonly name?: string;
}

interface Reading {
  readonly policy: Policy;
  /** What the app has to make clear. Until then the policy is the closed one. */
  readonly problem?: string;
}

const cache = new WeakMap<object, Map<object, Policy>>();

/**
 * The policy of a handler in its class; the one reading of the decorators. The nearer word beats the farther: a handler's
 * its class's, a subclass's its base class's, an override's the overridden method's. `@Public`, `@OptionalAuth` and
 * `@Authenticated` set aside all that is farther; a requirement (`@Roles` …) replaces the farther one of the same kind, leaves the
 * others, and makes the route private. Restrictions are inherited; being open is not.
 *
 * @throws AuthError `invalid_configuration` for a handler whose words cannot be found
 */
export function policyOf(handler: object, controller: object): Policy {
  return cache.get(handler)?.get(controller) ?? remember(handler, controller, resolve(handler, controller));
}

/**
 * Reads the policy of what stands at a place now, and remembers it for the function: `policyOf` then knows functions too
 * that stand on an instance alone.
 * @returns what the app has to make clear, if there is anything
 */
export function learnPolicy(handler: object, controller: object, place: Place): string | undefined {
  try {
    const { policy, problem } = readAt(handler, controller, place);
    const known = cache.get(handler)?.get(controller);
    if (known && !isDeepStrictEqual(known, policy)) return severalNames(handler, place.prototype);
    remember(handler, controller, policy);
    return problem;
  } catch (error) {
    if (error instanceof AuthError) return error.message;
    throw error;
  }
}

function remember(handler: object, controller: object, policy: Policy): Policy {
  const perController = cache.get(handler) ?? new Map<object, Policy>();
  perController.set(controller, policy);
  cache.set(handler, perController);
  return policy;
}

function resolve(handler: object, controller: object): Policy {
  const { prototype } = controller as { readonly prototype?: object };
  const lineage = lineageOf(prototype);
  const names = handler === controller ? [] : namesOf(handler, lineage);
  const [first, ...others] = names.map(
    (name) => readAt(handler, controller, { prototype: prototype as object, name }).policy,
  );
  if (others.some((policy) => !isDeepStrictEqual(policy, first))) refuse(severalNames(handler, prototype as object));
  if (first) return first;
  const word = wordOn(handler);
  if (!word && handler !== controller && lineage.some(hasMethodWords)) {
    refuse(
      `A handler of ${(controller as { name?: string }).name} is a function that was put there after boot, so its decorators cannot be found; leave its methods where they are, or wrap them by a decorator.`,
    );
  }
  return policyFrom(classWords(lineage, controller), [handler === controller ? {} : (word ?? {})]);
}

function severalNames(handler: object, prototype: object): string {
  const { name } = handler as { readonly name?: string };
  return `${classOf(prototype)} has the function ${name} under several names that ask for different callers; make it one method each.`;
}

/** The names of the methods that this function is, or has wrapped. */
function namesOf(handler: object, lineage: readonly object[]): readonly string[] {
  const methods: Record<string, PropertyDescriptor> = {};
  for (const prototype of [...lineage].reverse()) Object.assign(methods, Object.getOwnPropertyDescriptors(prototype));
  const names = Object.keys(methods).filter((name) => name !== 'constructor' && methods[name]?.value === handler);
  return names.length > 0 ? names : namesOn(handler).filter((name) => name in methods);
}

/** What each class says itself, nearest first. */
function classWords(lineage: readonly object[], controller: object): Word[] {
  if (lineage.length === 0) return [wordOn(controller) ?? {}];
  return lineage.map((prototype, level) => classWord(prototype, level === 0 ? controller : undefined));
}

function readAt(handler: object, controller: object, { prototype, name }: Place): Reading {
  const lineage = lineageOf(prototype);
  const ofClasses = classWords(lineage, controller);
  if (name === undefined) return read(lineage, ofClasses, [], 0);
  // A function that stands on the instance alone overrides what its class inherits.
  const isOfInstance = Reflect.get(prototype, name) !== handler && !namesOn(handler).includes(name);
  const defined = isOfInstance
    ? 0
    : Math.max(
        0,
        lineage.findIndex((one) => Object.hasOwn(one, name)),
      );
  const ofHandlers = lineage.map((one, level) =>
    joined([methodWord(one, name), level === defined ? wordOn(handler) : undefined], `${classOf(one)}.${name}`),
  );
  return read(lineage, ofClasses, ofHandlers, defined, name);
}

/** @param defined the level at which the function stands; words of farther levels are of methods that it overrides */
function read(
  lineage: readonly object[],
  ofClasses: readonly Word[],
  ofHandlers: readonly Word[],
  defined: number,
  name?: string,
): Reading {
  const handlers = closedBeyond(defined, ofHandlers);
  const policy = policyFrom(ofClasses, handlers);
  const label = [classOf(lineage[0] as object), name].filter(Boolean).join('.');
  const base = (level: number) => classOf(lineage[level] as object);

  const nearest = ofHandlers.findIndex(isSaid);
  const word = ofHandlers[nearest] ?? {};
  if (nearest > defined && isOpen(word) && policy.access !== word.access) {
    const open = spelled(word);
    return {
      policy,
      problem: `${label} overrides ${base(nearest)}.${name}, which is ${open}, and being open is not inherited; decorate ${label} with ${open}, or with who may call it.`,
    };
  }
  const said = ofClasses.findIndex(isSaid);
  if (nearest < 0 && said > 0 && isOpen(ofClasses[said] as Word)) {
    const open = spelled(ofClasses[said] as Word);
    return {
      policy,
      problem: `Nothing says who may call ${label}: its base class ${base(said)} is ${open}, and being open is not inherited; decorate ${base(0)} with ${open}, or with who may call it.`,
    };
  }
  const effective = handlers.findIndex(isSaid);
  const lost = ofClasses
    .slice(0, Math.max(0, effective))
    .findIndex((one) => handlers.some((other) => setsAside(other, one)));
  if (lost >= 0) {
    return {
      policy,
      problem: `${base(lost)} is decorated with who may call its handlers, and inherits ${name} from ${base(effective)}, whose own decorators set that aside; override ${name} in ${base(lost)} and decorate it with who may call it.`,
    };
  }
  return { policy };
}

/** @param ofHandlers without openness that is inherited */
function policyFrom(ofClasses: readonly Word[], ofHandlers: readonly Word[]): Policy {
  const nearestFirst = [...ofHandlers, ...closedBeyond(0, ofClasses)];
  const whole = nearestFirst.reduceRight(over, {});
  return isSaid(whole) ? Object.freeze({ ...whole, access: whole.access ?? 'authenticated' }) : UNDECLARED;
}

/** Being open is not inherited: beyond a level, such words count for nothing. */
function closedBeyond(level: number, words: readonly Word[]): Word[] {
  return words.map((word, at) => (at > level && isOpen(word) ? {} : word));
}

function over(farther: Word, nearer: Word): Word {
  if (nearer.access) return nearer;
  return hasRequirement(nearer) ? { ...farther, ...nearer, access: 'authenticated' } : farther;
}

function isSaid(word: Word): boolean {
  return Object.keys(word).length > 0;
}

function spelled({ access }: Word): string {
  return access === 'public' ? '@Public()' : '@OptionalAuth()';
}

/** The part of a caller that a policy looks at. Whatever it misses counts as having none. */
export interface Bearer {
  readonly roles?: readonly string[];
  readonly permissions?: readonly string[];
}

/** Whether a caller has the roles and permissions that a policy asks for. The policy's authorizers are not asked. */
export function satisfies(policy: Policy, caller: Bearer): boolean {
  const { anyRole, allRoles, permissions } = policy;
  if (anyRole === undefined && allRoles === undefined && permissions === undefined) return true;
  const roles = listOf(caller.roles);
  if (anyRole && !anyRole.some((role) => roles.includes(role))) return false;
  if (allRoles && !allRoles.every((role) => roles.includes(role))) return false;
  return !permissions || permissions.every((permission) => listOf(caller.permissions).includes(permission));
}

/** A string has `includes` too: a caller whose roles are `'administrator'` does not have the role `'admin'`. */
function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
