import type { MetadataScanner, ModulesContainer } from '@nestjs/core';
import type { Place } from '../core/policy/policy.js';

// Nest's own metadata keys, which it does not export.
const GATEWAY = 'websockets:is_gateway';
const OF_CONTROLLERS = { http: 'path', message: 'microservices:pattern' } as const;
const OF_PROVIDERS = {
  socket: 'websockets:message_mapping',
  graphql: 'graphql:resolver_type',
  field: 'graphql:resolve_property',
  reference: 'graphql:resolve_reference',
} as const;

/** What makes Nest call a method. */
export type HandlerKind = keyof typeof OF_CONTROLLERS | keyof typeof OF_PROVIDERS;

/** A gateway without handlers only sends. Its class declares who may connect. */
type HolderKind = HandlerKind | 'connection';

type Module = ModulesContainer extends Map<string, infer M> ? M : never;
export type Wrapper = Module['providers'] extends Map<unknown, infer W> ? W : never;
type Method = (...args: never[]) => unknown;
type Methods = Readonly<Record<string, Method | undefined>>;

/** A controller or a provider of a module. */
export interface Holder {
  readonly wrapper: Wrapper;
  readonly module: Module;
  readonly keys: Readonly<Partial<Record<HandlerKind, string>>>;
}

/** A method that Nest calls, or a gateway that only sends. */
export interface Handler {
  readonly kinds: readonly HolderKind[];
  readonly place: Place;
  /** What the guard may see: Nest passes the instance's function for HTTP, and the prototype's otherwise. */
  readonly functions: readonly object[];
}

/** Everything that may have handlers, in Nest's order. */
export function* holdersOf(modules: ModulesContainer): Iterable<Holder> {
  for (const module of modules.values()) {
    for (const wrapper of module.controllers.values()) yield { wrapper, module, keys: OF_CONTROLLERS };
    for (const wrapper of module.providers.values()) yield { wrapper, module, keys: OF_PROVIDERS };
  }
}

/** The methods of a prototype that Nest would call, each with its kinds of handler. */
export function handlersOn(
  prototype: object,
  keys: Holder['keys'],
  scanner: MetadataScanner,
): { readonly name: string; readonly kinds: readonly HandlerKind[] }[] {
  return scanner.getAllMethodNames(prototype).flatMap((name) => {
    const method = (prototype as Methods)[name] as Method;
    const kinds = (Object.keys(keys) as HandlerKind[]).filter((kind) => Reflect.hasMetadata(keys[kind], method));
    return kinds.length > 0 ? [{ name, kinds }] : [];
  });
}

/** The handlers of an instance. In Nest's preview mode, it is an empty object with the prototype of its class. */
export function handlersOf({ wrapper, keys }: Holder, scanner: MetadataScanner): Handler[] {
  const instance: unknown = wrapper.instance;
  if (typeof instance !== 'object' || instance === null) return [];
  const prototype = Object.getPrototypeOf(instance) as Methods | null;
  if (!prototype || prototype === Object.prototype || typeof prototype.constructor !== 'function') return [];
  const handlers = handlersOn(prototype, keys, scanner).map(({ name, kinds }) => {
    const functions = [...new Set([(instance as Methods)[name], prototype[name]])];
    return { kinds, place: { prototype, name }, functions: functions.filter((one) => typeof one === 'function') };
  });
  if (handlers.length > 0 || !('socket' in keys) || !Reflect.hasMetadata(GATEWAY, prototype.constructor))
    return handlers;
  return [{ kinds: ['connection'], place: { prototype }, functions: [prototype.constructor] }];
}
