import type { DynamicModule, Provider } from '@nestjs/common';
import { readTable } from '../../options/fields/composites.js';
import type { SettingsOf, Table } from '../../options/fields/field.js';
import { OptionReader } from '../../options/option-reader.js';
import { isRecord, kindOf } from '../../options/value-kind.js';

/** Which module is configured, for the checks and their messages. */
export interface Mode<Extras extends Table = Table> {
  readonly method: 'forRoot' | 'forResourceServer';
  /** What `useClass` and `useExisting` need. */
  readonly factoryMethod: string;
  /** The names of the options that a factory returns. */
  readonly values: readonly string[];
  /** The static options, which shape the module. */
  readonly extras: Extras;
}

const WAYS = ['useFactory', 'useClass', 'useExisting'] as const;
const OF_NEST = ['imports', 'inject', 'provideInjectionTokensFrom', ...WAYS];

/**
 * Checks the argument of `forRoot`.
 * @returns the static options, their defaults filled in
 * @throws AuthError `invalid_configuration`
 */
export function checkForRoot<T extends Table>(options: unknown, { method, extras }: Mode<T>): SettingsOf<T> {
  const found = new OptionReader();
  if (!isRecord(options)) {
    found.add(method, `is called with ${kindOf(options)}; pass the options, as in ${method}({ … })`);
    throw found.error();
  }
  return readExtras(extras, options, found);
}

/** Like `checkForRoot`, for `forRootAsync`. */
export function checkForRootAsync<T extends Table>(options: unknown, mode: Mode<T>): SettingsOf<T> {
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
    else if (!OF_NEST.includes(key) && !Object.hasOwn(mode.extras, key))
      found.add(key, `is not an option of ${method}; values come out of useFactory`);
  }
  return readExtras(mode.extras, options, found);
}

function readExtras<T extends Table>(extras: T, options: object, found: OptionReader): SettingsOf<T> {
  // The other keys are values, which are read when the factory has returned them.
  const read = readTable(extras, options, found, '', () => undefined);
  if (found.any) throw found.error();
  return read;
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
  // Nest would pass `undefined` for the other parameters.
  if (useFactory.length > injected)
    found.add(
      'useFactory',
      `takes ${useFactory.length} parameters, and inject lists ${injected}; list a token for each`,
    );
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
