import { isDeepStrictEqual } from 'node:util';
import { AuthError } from '../errors/auth-error.js';
import {
  classDeclaration,
  classOf,
  type Declaration,
  declarationOn,
  hasMethodDeclarations,
  hasRequirement,
  homeOf,
  isOpen,
  joined,
  lineageOf,
  methodDeclaration,
  namesOn,
  type Policy,
  refuse,
  setsAside,
} from './declared-policy.js';

export type { Access, Authorizer, Policy } from './declared-policy.js';

/** The policy of a handler without any decorator. */
export const UNDECLARED: Policy = Object.freeze({ access: 'authenticated' });

/** Where Nest finds a handler. */
export interface Place {
  readonly prototype: object;
  /** Missing for a class without handlers, such as a gateway that only sends. */
  readonly name?: string;
}

interface Reading {
  readonly policy: Policy;
  /** What the app must make clear. Until then openness is not inherited. */
  readonly problem: string | undefined;
}

const cache = new WeakMap<object, Map<object, Policy>>();

/**
 * The policy of a handler in its class; the only code that reads the decorators. The nearer declaration wins: a handler
 * over its class, a subclass over its base class, an override over the overridden method. `@Public`, `@OptionalAuth`
 * and `@Authenticated` replace all farther declarations. A requirement (`@Roles` …) replaces a farther requirement of
 * the same kind, leaves the others, and makes the route private. Restrictions are inherited; openness is not.
 *
 * @throws AuthError `invalid_configuration` for a handler whose declarations cannot be found
 */
export function policyOf(handler: object, controller: object): Policy {
  return cache.get(handler)?.get(controller) ?? remember(handler, controller, resolve(handler, controller));
}

/**
 * Reads the policy of the function at a place and remembers it, so that `policyOf` also knows functions that only an
 * instance has.
 * @returns what the app must make clear; `undefined` if nothing
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

/** Where the policy of a handler is declared. */
export interface PolicySource {
  /** `'method'` if its own decorators declare a part of it; `'default'` if nothing is declared. */
  readonly place: 'method' | 'class' | 'default';
  /** The class that declares it, itself or by its method. */
  readonly className?: string;
}

/** Where the policy of the function at a place is declared: the place that `policyOf` reads. */
export function policySourceOf(handler: object, controller: object, place: Place): PolicySource {
  const { lineage, ofClasses, ofHandlers, defined } = sayingsAt(handler, controller, place);
  const method = closedBeyond(defined, ofHandlers).findIndex(isSaid);
  if (method >= 0) return { place: 'method', className: nameAt(lineage, method) };
  const type = closedBeyond(0, ofClasses).findIndex(isSaid);
  return type >= 0 ? { place: 'class', className: nameAt(lineage, type) } : { place: 'default' };
}

function remember(handler: object, controller: object, policy: Policy): Policy {
  const perController = cache.get(handler) ?? new Map<object, Policy>();
  perController.set(controller, policy);
  cache.set(handler, perController);
  return policy;
}

function resolve(handler: object, controller: object): Policy {
  const { prototype } = controller as { readonly prototype?: object };
  const lineage = lineageOfHandler(handler, prototype);
  const names = handler === controller ? [] : namesOf(handler, lineage);
  const [first, ...others] = names.map(
    (name) => readAt(handler, controller, { prototype: prototype as object, name }).policy,
  );
  if (others.some((policy) => !isDeepStrictEqual(policy, first))) refuse(severalNames(handler, prototype as object));
  if (first) return first;
  const declaration = declarationOn(handler);
  if (!declaration && handler !== controller && lineage.some(hasMethodDeclarations)) {
    refuse(
      `A handler of ${(controller as { name?: string }).name} is a function that was put there after boot, so its decorators cannot be found; leave its methods where they are, or wrap them by a decorator.`,
    );
  }
  return policyFrom(classDeclarations(lineage, controller), [handler === controller ? {} : (declaration ?? {})]);
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

/** The declaration of each class itself, nearest first. */
function classDeclarations(lineage: readonly object[], controller: object): Declaration[] {
  if (lineage.length === 0) return [declarationOn(controller) ?? {}];
  return lineage.map((prototype, level) => classDeclaration(prototype, level === 0 ? controller : undefined));
}

/** A class and its base classes. If a method was copied from another class, that class and its base classes follow. */
function lineageOfHandler(handler: object, prototype: object | undefined): object[] {
  const lineage = lineageOf(prototype);
  const home = homeOf(handler);
  return home && !lineage.includes(home) ? [...lineage, ...lineageOf(home)] : lineage;
}

/** The declarations of a handler and its classes, nearest first. */
interface Sayings {
  readonly lineage: readonly object[];
  readonly ofClasses: readonly Declaration[];
  readonly ofHandlers: readonly Declaration[];
  /** The level that defines the function. Declarations of farther levels belong to methods that it overrides. */
  readonly defined: number;
  readonly name?: string;
}

function readAt(handler: object, controller: object, place: Place): Reading {
  return read(sayingsAt(handler, controller, place));
}

function sayingsAt(handler: object, controller: object, { prototype, name }: Place): Sayings {
  const lineage = lineageOfHandler(handler, prototype);
  const ofClasses = classDeclarations(lineage, controller);
  if (name === undefined) return { lineage, ofClasses, ofHandlers: [], defined: 0 };
  // A function that only the instance has overrides the methods that its class inherits.
  const isOfInstance = Reflect.get(prototype, name) !== handler && !namesOn(handler).includes(name);
  const level = isOfInstance ? 0 : lineage.findIndex((one) => Object.hasOwn(one, name));
  const defined = Math.max(0, level);
  const ofHandlers = lineage.map((one, at) =>
    joined(
      [methodDeclaration(one, name), at === defined ? declarationOn(handler) : undefined],
      `${classOf(one)}.${name}`,
    ),
  );
  return { lineage, ofClasses, ofHandlers, defined, name };
}

function read(sayings: Sayings): Reading {
  const { ofClasses, ofHandlers, defined } = sayings;
  const policy = policyFrom(ofClasses, closedBeyond(defined, ofHandlers));
  return { policy, problem: closedOverride(sayings, policy) ?? closedClass(sayings) ?? lostRestriction(sayings) };
}

function closedOverride({ lineage, ofHandlers, defined, name }: Sayings, policy: Policy): string | undefined {
  const said = ofHandlers.findIndex(isSaid);
  const declaration = ofHandlers[said];
  if (!declaration || said <= defined || !isOpen(declaration) || policy.access === declaration.access) return undefined;
  const label = `${nameAt(lineage, 0)}.${name}`;
  return `${label} overrides ${nameAt(lineage, said)}.${name}, which is ${spelled(declaration)}, and being open is not inherited; decorate ${label} with ${spelled(declaration)}, or with who may call it.`;
}

function closedClass({ lineage, ofClasses, ofHandlers, name }: Sayings): string | undefined {
  const said = ofClasses.findIndex(isSaid);
  const declaration = ofClasses[said];
  if (!declaration || said === 0 || !isOpen(declaration) || ofHandlers.some(isSaid)) return undefined;
  const type = nameAt(lineage, 0);
  return `Nothing says who may call ${name === undefined ? type : `${type}.${name}`}: its base class ${nameAt(lineage, said)} is ${spelled(declaration)}, and being open is not inherited; decorate ${type} with ${spelled(declaration)}, or with who may call it.`;
}

function lostRestriction({ lineage, ofClasses, ofHandlers, defined, name }: Sayings): string | undefined {
  const declarations = closedBeyond(defined, ofHandlers);
  const said = declarations.findIndex(isSaid);
  const lost = ofClasses
    .slice(0, Math.max(0, said))
    .findIndex((one) => declarations.some((declaration) => setsAside(declaration, one)));
  if (lost < 0) return undefined;
  const type = nameAt(lineage, lost);
  return `${type} says who may call it, but inherits ${name} from ${nameAt(lineage, said)}, whose own decorators set that aside; override ${name} in ${type} and decorate it with who may call it.`;
}

function nameAt(lineage: readonly object[], level: number): string {
  return classOf(lineage[level] as object);
}

/** @param ofHandlers without inherited openness */
function policyFrom(ofClasses: readonly Declaration[], ofHandlers: readonly Declaration[]): Policy {
  const nearestFirst = [...ofHandlers, ...closedBeyond(0, ofClasses)];
  const whole = nearestFirst.reduceRight(over, {});
  return isSaid(whole) ? Object.freeze({ ...whole, access: whole.access ?? 'authenticated' }) : UNDECLARED;
}

/** Openness is not inherited: open declarations beyond a level are dropped. */
function closedBeyond(level: number, declarations: readonly Declaration[]): Declaration[] {
  return declarations.map((declaration, at) => (at > level && isOpen(declaration) ? {} : declaration));
}

function over(farther: Declaration, nearer: Declaration): Declaration {
  if (nearer.access) return nearer;
  if (!hasRequirement(nearer)) return farther;
  const { requirements: own = [] } = nearer;
  const kept = (farther.requirements ?? []).filter(({ kind }) => !own.some((one) => one.kind === kind));
  const requirements = kept.length > 0 ? { requirements: [...own, ...kept] } : {};
  return { ...farther, ...nearer, ...requirements, access: 'authenticated' };
}

function isSaid(declaration: Declaration): boolean {
  return Object.keys(declaration).length > 0;
}

function spelled({ access }: Declaration): string {
  return access === 'public' ? '@Public()' : '@OptionalAuth()';
}
