/** Compiled by types.spec.ts: the generated interfaces say what the tables say. */
import type { AuthExtras, AuthOptions, AuthRoutes, ResourceServerOptions } from '@acme/nest-auth';
import type { EXTRAS, ROUTES } from '../../src/module/extras-table.js';
import type { AUTH_OPTIONS } from '../../src/options/auth/auth-option-table.js';
import type { OptionsOf } from '../../src/options/fields/field.js';
import type { RESOURCE_SERVER_OPTIONS } from '../../src/options/resource-server/resource-server-option-table.js';

/** Whether two types are the same in every member, also in optional ones. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** A method cannot be written as readonly. */
type ReadonlyMethods<T> = {
  [K in keyof T]: K extends 'throttle' ? Readonly<NonNullable<T[K]>> | undefined : T[K];
};

export const generated: readonly true[] = [
  true satisfies Same<ReadonlyMethods<AuthOptions>, OptionsOf<typeof AUTH_OPTIONS>>,
  true satisfies Same<ResourceServerOptions, OptionsOf<typeof RESOURCE_SERVER_OPTIONS>>,
  true satisfies Same<AuthExtras, OptionsOf<typeof EXTRAS>>,
  true satisfies Same<AuthRoutes, OptionsOf<typeof ROUTES>>,
  // @ts-expect-error refused: an optional member is missing
  true satisfies Same<AuthRoutes, Omit<OptionsOf<typeof ROUTES>, 'jwks'>>,
];
