import 'reflect-metadata';
import { isDeepStrictEqual } from 'node:util';
import { AuthError } from '../errors/auth-error.js';
import type { AuthErrorCode } from '../errors/error-codes.js';
import type { Principal } from './principal.js';

/**
 * Who may enter, before any requirement: anyone; anyone, but with the caller authenticated if there is one; or
 * authenticated users only.
 */
export type Access = 'public' | 'optional' | 'authenticated';

/** A check of the app's own. Answering `false`, or throwing, refuses. */
export type Authorizer = (principal: never, context: never) => boolean | Promise<boolean>;

/** A condition that a feature adds, such as a recent login. */
export interface Requirement {
  /**
   * A handler's requirement replaces its class's requirement of the same kind. Begin the kind with the feature's name.
   */
  readonly kind: string;
  /** The name that lists of policies show: `'a verified e-mail address'`. */
  readonly name: string;
  /** The refusals that OpenAPI documents for it, by status. @default `{ 403: ['insufficient_scope'] }` */
  readonly refusals?: Readonly<Record<number, readonly AuthErrorCode[]>>;
  /** @returns why this caller does not meet it; `undefined` if they do */
  refusal(caller: Principal, time: RequirementTime): AuthError | undefined;
}

/** When a requirement is checked, by the module's clock. */
export interface RequirementTime {
  /** In seconds since the epoch, like every time of a principal. */
  readonly now: number;
  /** Seconds by which the clock that wrote those times may differ (`clockTolerance`). */
  readonly tolerance: number;
}

/** What one handler asks of its caller. Without a decorator: an authenticated user. */
export interface Policy {
  readonly access: Access;
  /** Passport strategies to try in order; without them, the access token. */
  readonly strategies?: readonly string[];
  readonly anyRole?: readonly string[];
  readonly allRoles?: readonly string[];
  readonly permissions?: readonly string[];
  readonly authorizers?: readonly Authorizer[];
  readonly requirements?: readonly Requirement[];
}

/** What the decorators of one class or one handler say. */
export type Declaration = Partial<Policy>;

// Metadata, not a WeakMap of this module: the ESM and the CommonJS copy of the library share it.
const DECLARATION = Symbol.for('acme/nest-auth:policy');
const DECLARATIONS = Symbol.for('acme/nest-auth:policies');
const NAMES = Symbol.for('acme/nest-auth:handler-names');
const HOME = Symbol.for('acme/nest-auth:home');
const STAND_IN = Symbol.for('acme/nest-auth:stand-in');

/** The name under which a prototype keeps the declaration of its class. No handler has it. */
const CLASS = 'constructor';

/**
 * Members that several decorators of one class or method extend. Different values of another member are a
 * contradiction.
 */
const LISTS: readonly string[] = ['authorizers', 'requirements'];
const REQUIREMENTS = ['anyRole', 'allRoles', 'permissions', 'authorizers', 'requirements'] as const;

/** Adds one decorator's declaration to a class. Contradictions fail while the app is being loaded. */
export function declareClassPolicy(target: object, declaration: Declaration): void {
  const { name, prototype } = target as { readonly name?: string; readonly prototype?: object };
  // Also on the prototype: a decorator may replace the constructor.
  declare(declaration, name || 'a handler', target, prototype, CLASS);
  for (const { value } of Object.values(Object.getOwnPropertyDescriptors(prototype ?? {}))) {
    if (typeof value === 'function' && value !== target && !homeOf(value))
      Reflect.defineMetadata(HOME, prototype, value);
  }
}

/**
 * The prototype on which a method was defined, if its class has a declaration: a mixin may copy the method elsewhere.
 */
export function homeOf(method: object): object | undefined {
  return Reflect.getOwnMetadata(HOME, method) as object | undefined;
}

/**
 * Adds one decorator's declaration to a method, by function and by (prototype, name): a decorator above it, or later
 * code, may put another function there. Contradictions and methods that Nest would never call fail while the app is being loaded.
 */
export function declareMethodPolicy(
  prototype: object,
  name: string | symbol,
  method: unknown,
  declaration: Declaration,
): void {
  const label = `${classOf(prototype)}.${String(name)}`;
  if (typeof prototype === 'function') refuse(`${label} is static, and ${NEVER}`);
  if (typeof name === 'symbol') refuse(`${label} is named by a symbol, and ${NEVER}`);
  if (typeof method !== 'function') refuse(`${label} is a property or an accessor, and ${NEVER}`);
  // An inherited function belongs to the base class, and to its other subclasses.
  const isInherited = name in prototype && !Object.hasOwn(prototype, name);
  declare(declaration, label, isInherited ? undefined : method, prototype, name);
}

const NEVER = 'Nest would never call it as a handler; decorate a method of the instance, named by a string.';

function declare(
  declaration: Declaration,
  label: string,
  fn: object | undefined,
  prototype: object | undefined,
  name: string,
): void {
  const before = joined([prototype && methodDeclaration(prototype, name), fn && declarationOn(fn)], label);
  for (const key of Object.keys(declaration) as (keyof Declaration)[]) {
    if (!LISTS.includes(key) && before[key] !== undefined) refuse(`${label} says ${key} twice; say it once.`);
  }
  const declared = joined([before, declaration], label);
  if (fn) Reflect.defineMetadata(DECLARATION, declared, fn);
  // A new map, because code that copies metadata to another prototype copies the reference.
  if (prototype)
    Reflect.defineMetadata(DECLARATIONS, new Map(declarationsOf(prototype)).set(name, declared), prototype);
}

/**
 * Merges all declarations of one class or method.
 * @throws AuthError `invalid_configuration` if they contradict each other
 */
export function joined(declarations: readonly (Declaration | undefined)[], label: string): Declaration {
  const all = declarations.filter((declaration) => declaration !== undefined);
  const whole: Record<string, unknown> = {};
  for (const [key, value] of all.flatMap((declaration) => Object.entries(declaration))) {
    if (LISTS.includes(key)) {
      whole[key] = [...new Set([...((whole[key] as unknown[]) ?? []), ...(value as unknown[])])];
      continue;
    }
    if (key in whole && !isDeepStrictEqual(whole[key], value)) {
      refuse(`${label} says ${key} twice, and differently; say it once.`);
    }
    whole[key] = value;
  }
  if (isOpen(whole) && hasRequirement(whole)) {
    refuse(`${label} is ${String(whole.access)} and has requirements, which only an authenticated caller can meet.`);
  }
  return whole;
}

/** The declaration of a method of this prototype itself, even if another function has replaced the method. */
export function methodDeclaration(prototype: object, name: string): Declaration | undefined {
  return declarationsOf(prototype)?.get(name);
}

/**
 * The declaration of the class of this prototype itself.
 * @param type the class, if it may not be the prototype's constructor
 */
export function classDeclaration(prototype: object, type?: object): Declaration {
  const own = Object.getOwnPropertyDescriptor(prototype, CLASS)?.value as object | undefined;
  return joined(
    [methodDeclaration(prototype, CLASS), own && declarationOn(own), type && declarationOn(type)],
    classOf(prototype),
  );
}

/** The declaration of this function or class itself. */
export function declarationOn(fn: object): Declaration | undefined {
  return Reflect.getOwnMetadata(DECLARATION, fn) as Declaration | undefined;
}

/** Whether any method of this prototype itself has a declaration. */
export function hasMethodDeclarations(prototype: object): boolean {
  return [...(declarationsOf(prototype)?.keys() ?? [])].some((name) => name !== CLASS);
}

function declarationsOf(prototype: object): ReadonlyMap<string, Declaration> | undefined {
  return Reflect.getOwnMetadata(DECLARATIONS, prototype) as ReadonlyMap<string, Declaration> | undefined;
}

/**
 * Marks a function with the name of its handler. Tools that trace requests later replace it with a wrapper that has the
 * same metadata, and so the name too.
 */
export function markHandler(fn: object, name: string): void {
  if (!namesOn(fn).includes(name)) Reflect.defineMetadata(NAMES, [...namesOn(fn), name], fn);
}

export function namesOn(fn: object): readonly string[] {
  return (Reflect.getOwnMetadata(NAMES, fn) as readonly string[] | undefined) ?? [];
}

/** Marks a subclass made by the library, which an app never sees, so that it counts as the class that it extends. */
export function standIn(subclass: { readonly prototype: object }): void {
  Reflect.defineMetadata(STAND_IN, true, subclass.prototype);
}

/** A class's prototype and those of its base classes, nearest first, without the subclasses that `standIn` marked. */
export function lineageOf(prototype: object | null | undefined): object[] {
  const lineage: object[] = [];
  for (
    let one = prototype ?? null;
    one && one !== Object.prototype;
    one = Object.getPrototypeOf(one) as object | null
  ) {
    if (!Reflect.hasOwnMetadata(STAND_IN, one)) lineage.push(one);
  }
  return lineage;
}

export function classOf(prototype: object): string {
  const { name } = typeof prototype === 'function' ? prototype : prototype.constructor;
  return name || 'An anonymous class';
}

export function hasRequirement(declaration: Declaration): boolean {
  return REQUIREMENTS.some((kind) => declaration[kind] !== undefined);
}

export function isOpen({ access }: Declaration): boolean {
  return access === 'public' || access === 'optional';
}

/** Whether the stronger declaration drops a requirement of the weaker one. */
export function setsAside(stronger: Declaration, weaker: Declaration): boolean {
  const replaces = (kind: keyof Declaration) =>
    weaker[kind] !== undefined &&
    (stronger.access !== undefined || stronger[kind] !== undefined) &&
    !isDeepStrictEqual(stronger[kind], weaker[kind]);
  if (REQUIREMENTS.some(replaces) || replaces('strategies')) return true;
  return weaker.access === 'authenticated' && isOpen(stronger);
}

export function refuse(message: string): never {
  throw new AuthError('invalid_configuration', { message });
}
