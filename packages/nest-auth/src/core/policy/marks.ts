// Global symbols on prototypes, so that the ESM and the CommonJS copy of the library see each other's marks.
const ENFORCER = Symbol.for('acme/nest-auth:enforces-policies');
const BRINGS_GUARD = Symbol.for('acme/nest-auth:brings-guard');
const LETS_IN = Symbol.for('acme/nest-auth:lets-in');
const OWN = Symbol.for('acme/nest-auth:own-routes');

/** Marks a guard, or a class of guards, that enforces `policyOf`. Subclasses count too. */
export function markEnforcer(guard: object): void {
  Object.defineProperty(guard, ENFORCER, { value: true });
}

/** Whether a guard, or the prototype of a guard, enforces `policyOf`. */
export function isEnforcer(guard: unknown): boolean {
  return Object(guard)[ENFORCER] === true;
}

/** Describes whom a guard lets in, if its policy does not show it. A feature sets the text on the guard's prototype. */
export function letsInOf(guard: unknown): string | undefined {
  return Object(guard)[LETS_IN];
}

/** Marks a provider that brings the guard to handlers that Nest's global guards may not reach. */
export function markGuardBringer(provider: object): void {
  Object.defineProperty(provider, BRINGS_GUARD, { value: true });
}

/** Whether the provider of this token brings the guard. */
export function bringsGuard(token: unknown): boolean {
  return Object(token)[BRINGS_GUARD] === true;
}

/** Marks a controller as one of the library or a feature, so that lists can tell it from the app's. */
export function markOwn({ prototype }: { readonly prototype: object }): void {
  Object.defineProperty(prototype, OWN, { value: true });
}

/** Whether a prototype is that of a controller of the library or of a feature. */
export function isOwn(prototype: object): boolean {
  return Reflect.get(prototype, OWN) === true;
}
