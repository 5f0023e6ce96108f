import type { DynamicModule, Provider } from '@nestjs/common';
import { OptionReader } from '../../options/option-reader.js';
import { isRecord, kindOf } from '../../options/value-kind.js';
import type { AuthRoutes } from '../extras.js';

/** Which module is configured, for the checks and their messages. */
export interface Mode {
  readonly method: 'forRoot' | 'forResourceServer';
  /** What `useClass` and `useExisting` need. */
  readonly factoryMethod: string;
  /** The names of the options that a factory returns. */
  readonly values: readonly string[];
  readonly statics: readonly string[];
}

const WAYS = ['useFactory', 'useClass', 'useExisting'] as const;
const OF_NEST = ['imports', 'inject', 'provideInjectionTokensFrom', ...WAYS];
const SWITCHES: Readonly<Record<Exclude<keyof AuthRoutes, 'prefix'>, true>> = {
  register: true,
  login: true,
  refresh: true,
  logout: true,
  logoutAll: true,
  me: true,
  password: true,
  sessions: true,
  jwks: true,
};

/** Checks what is given to `forRoot`. @throws AuthError `invalid_configuration` */
export function checkForRoot(options: unknown, { method }: Mode): void {
  const found = new OptionReader();
  if (isRecord(options)) checkExtras(options, found);
  else found.add(method, `is called with ${kindOf(options)}; pass the options, as in ${method}({ … })`);
  if (found.any) throw found.error();
}

/** Checks what is given to `forRootAsync`. @throws AuthError `invalid_configuration` */
export function checkForRootAsync(options: unknown, mode: Mode): void {
  const found = new OptionReader();
  const method = `${mode.method}Async`;
  if (!isRecord(options)) {
    found.add(method, `is called with ${kindOf(options)}; pass { useFactory: () => ({ … }) }`);
    throw found.error();
  }
  const ways = WAYS.filter((way) => options[way] !== undefined);
  if (ways.length !== 1) {
    const given = ways.length === 0 ? 'none' : ways.join(' and ');
    found.add(method, `needs one of useFactory, useClass and useExisting, and has ${given}`);
  }
  checkFactory(options, found);
  for (const key of Object.keys(options)) {
    if (mode.values.includes(key)) found.add(key, 'is a value; return it from useFactory, do not write it beside it');
    else if (![...OF_NEST, ...mode.statics].includes(key)) found.add(key, `is no option of ${method}`);
  }
  checkExtras(options, found);
  if (found.any) throw found.error();
}

function checkFactory({ useFactory, inject, imports }: Record<string, unknown>, found: OptionReader): void {
  for (const [name, list] of Object.entries({ inject, imports })) {
    if (list !== undefined && !Array.isArray(list)) found.add(name, `is ${kindOf(list)}; write a list`);
  }
  if (useFactory === undefined) return;
  if (typeof useFactory !== 'function') {
    found.add('useFactory', `is ${kindOf(useFactory)}; write a function that returns the options`);
    return;
  }
  const injected = Array.isArray(inject) ? inject.length : 0;
  // Nest would call it with `undefined` for the rest.
  if (useFactory.length > injected)
    found.add(
      'useFactory',
      `takes ${useFactory.length} parameters, and inject lists ${injected}; list a token for each`,
    );
}

function checkExtras({ isGlobal, globalGuard, routes, features }: Record<string, unknown>, found: OptionReader): void {
  for (const [name, value] of Object.entries({ isGlobal, globalGuard })) {
    if (value !== undefined && typeof value !== 'boolean') found.add(name, `is ${kindOf(value)}; write true or false`);
  }
  if (routes !== undefined && routes !== false) checkRoutes(routes, found);
  if (features !== undefined) checkFeatures(features, found);
}

function checkRoutes(routes: unknown, found: OptionReader): void {
  if (!isRecord(routes)) {
    found.add(
      'routes',
      `is ${kindOf(routes)}; leave it out for all routes, or write false or { prefix, login: false … }`,
    );
    return;
  }
  for (const [name, value] of Object.entries(routes)) {
    if (value === undefined) continue;
    if (name === 'prefix') {
      if (typeof value !== 'string') found.add('routes.prefix', `is ${kindOf(value)}; write 'auth' or the like`);
    } else if (!Object.hasOwn(SWITCHES, name)) {
      found.add(`routes.${name}`, `is no route; there are prefix, ${Object.keys(SWITCHES).join(', ')}`);
    } else if (typeof value !== 'boolean') {
      found.add(`routes.${name}`, `is ${kindOf(value)}; write true or false`);
    }
  }
}

function checkFeatures(features: unknown, found: OptionReader): void {
  if (!Array.isArray(features)) {
    found.add('features', `is ${kindOf(features)}; write a list, as in [totp()]`);
    return;
  }
  features.forEach((feature: unknown, index) => {
    const { name } = Object(feature) as { readonly name?: unknown };
    const at = `features[${index}]`;
    if (typeof feature === 'function') found.add(at, `is the function ${String(name)}; call it: ${String(name)}()`);
    else if (!isRecord(feature)) found.add(at, `is ${kindOf(feature)}; pass what a feature's function returns`);
    else if (typeof name !== 'string' || name === '') found.add(at, 'has no name; a feature is { name, … }');
  });
}

/** Refuses a class of `useClass` or `useExisting` that cannot make options. */
export function withCheckedFactory(
  definition: DynamicModule,
  token: unknown,
  mode: Mode,
  useFactory: unknown,
): DynamicModule {
  if (useFactory) return definition;
  const { factoryMethod } = mode;
  const make = async (factory: unknown) => {
    const method: unknown = Reflect.get(Object(factory), factoryMethod);
    if (typeof method === 'function') return method.call(factory);
    const found = new OptionReader();
    const name = typeof factory === 'object' ? factory?.constructor.name : kindOf(factory);
    found.add(name ?? 'null', `lacks ${factoryMethod}(), which useClass and useExisting need`);
    throw found.error();
  };
  const providers = definition.providers?.map((provider) =>
    'provide' in provider && provider.provide === token ? { ...provider, useFactory: make } : provider,
  );
  return { ...definition, providers: providers as Provider[] };
}
