import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { AuthError } from '../core/errors/auth-error.js';
import { markHandler } from '../core/policy/declared-policy.js';
import { learnPolicy, type Place, policyOf } from '../core/policy/policy.js';
import { type Holder, handlersOf, handlersOn, holdersOf } from './handlers.js';

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
    for (const holder of holdersOf(modules)) this.#mark(holder);
  }

  /** The names in every handler's `@Authenticated(…)`, from `onModuleInit` on. */
  get strategies(): Iterable<string> {
    return this.#strategies;
  }

  /** @throws AuthError `invalid_configuration` */
  onModuleInit(): void {
    for (const holder of holdersOf(this.modules)) {
      for (const { functions, place } of handlersOf(holder, this.scanner)) {
        for (const one of functions) this.#learn(one, place);
      }
    }
    if (this.#problems.size === 0) return;
    throw new AuthError('invalid_configuration', { message: [...this.#problems].join(' ') });
  }

  /** Called before there are instances, because Nest takes the handlers before it calls any hook. */
  #mark({ wrapper, keys }: Holder): void {
    const { isNotMetatype, metatype } = wrapper;
    const { prototype } = (isNotMetatype ? {} : (metatype ?? {})) as { prototype?: object };
    if (!prototype) return;
    for (const { name } of handlersOn(prototype, keys, this.scanner))
      markHandler(Reflect.get(prototype, name) as object, name);
  }

  #learn(handler: object, place: Place): void {
    const type = place.prototype.constructor;
    const problem = learnPolicy(handler, type, place);
    if (problem) this.#problems.add(problem);
    else for (const name of policyOf(handler, type).strategies ?? []) this.#strategies.add(name);
  }
}
