import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { AuthError } from '../core/errors/auth-error.js';
import { markHandler } from '../core/policy/declared-policy.js';
import { learnPolicy, type Place, policyOf } from '../core/policy/policy.js';

// Nest's own metadata keys, which it does not export.
const GATEWAY = 'websockets:is_gateway';
const OF_CONTROLLERS = ['path', 'microservices:pattern'];
const OF_PROVIDERS = [
  'websockets:message_mapping',
  'graphql:resolver_type',
  'graphql:resolve_property',
  'graphql:resolve_reference',
];

type Method = (...args: never[]) => unknown;
type Methods = Readonly<Record<string, Method | undefined>>;

/**
 * Checks everything that Nest would call as a handler, and refuses to boot if it is unclear who may call it. The guard
 * then also knows functions that only an instance has, and those that are replaced after Nest took them.
 */
@Injectable()
export class HandlerPolicies implements OnModuleInit {
  readonly #problems = new Set<string>();
  readonly #strategies = new Set<string>();

  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
  ) {
    for (const { controllers, providers } of modules.values()) {
      for (const wrapper of controllers.values()) this.#mark(wrapper, OF_CONTROLLERS);
      for (const wrapper of providers.values()) this.#mark(wrapper, OF_PROVIDERS);
    }
  }

  /** The names in every handler's `@Authenticated(…)`, from `onModuleInit` on. */
  get strategies(): Iterable<string> {
    return this.#strategies;
  }

  /** @throws AuthError `invalid_configuration` */
  onModuleInit(): void {
    for (const { controllers, providers } of this.modules.values()) {
      for (const { instance } of controllers.values()) this.#look(instance, OF_CONTROLLERS);
      for (const { instance } of providers.values()) this.#look(instance, OF_PROVIDERS);
    }
    if (this.#problems.size === 0) return;
    throw new AuthError('invalid_configuration', { message: [...this.#problems].join(' ') });
  }

  /** Called before there are instances, because Nest takes the handlers before it calls any hook. */
  #mark({ isNotMetatype, metatype }: { isNotMetatype: boolean; metatype: unknown }, keys: readonly string[]): void {
    const { prototype } = (isNotMetatype ? {} : (metatype ?? {})) as { prototype?: Methods };
    if (!prototype) return;
    for (const name of this.#handlersOf(prototype, keys)) markHandler(prototype[name] as Method, name);
  }

  #look(instance: unknown, keys: readonly string[]): void {
    if (typeof instance !== 'object' || instance === null) return;
    const prototype = Object.getPrototypeOf(instance) as Methods | null;
    if (!prototype || prototype === Object.prototype || typeof prototype.constructor !== 'function') return;
    const handlers = this.#handlersOf(prototype, keys);
    for (const name of handlers) {
      // Nest calls the instance's function for HTTP, the prototype's for everything else.
      const functions = new Set([prototype[name], (instance as Methods)[name]]);
      for (const one of functions) if (typeof one === 'function') this.#learn(one, { prototype, name });
    }
    if (handlers.length === 0 && Reflect.hasMetadata(GATEWAY, prototype.constructor)) {
      this.#learn(prototype.constructor, { prototype });
    }
  }

  #handlersOf(prototype: Methods, keys: readonly string[]): string[] {
    const names = this.scanner.getAllMethodNames(prototype);
    return names.filter((name) => keys.some((key) => Reflect.hasMetadata(key, prototype[name] as Method)));
  }

  #learn(handler: object, place: Place): void {
    const type = place.prototype.constructor;
    const problem = learnPolicy(handler, type, place);
    if (problem) this.#problems.add(problem);
    else for (const name of policyOf(handler, type).strategies ?? []) this.#strategies.add(name);
  }
}
