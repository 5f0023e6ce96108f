import type { Type } from '@nestjs/common';
import type { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { AuthError } from '../../core/errors/auth-error.js';
import { policyOf, UNDECLARED } from '../../core/policy/policy.js';
import { isObject } from './resolver-call.js';

// Nest's own metadata keys, which it does not export.
const FIELD_RESOLVER = 'graphql:resolve_property';
const REFERENCE_RESOLVER = 'graphql:resolve_reference';
const GRAPHQL_OPTIONS = 'GqlModuleOptions';

/** The options of GraphQLModule that this check reads. */
interface GraphqlOptions {
  readonly context?: unknown;
  readonly fieldResolverEnhancers?: readonly string[];
}

/**
 * Refuses to boot if GraphQL would ignore a policy. Field resolvers, and Federation's reference resolvers, have guards
 * only if an option of GraphQLModule says so.
 */
export class FieldResolverCheck {
  constructor(
    private readonly modules: ModulesContainer,
    private readonly scanner: MetadataScanner,
  ) {}

  /** @throws AuthError `invalid_configuration` */
  onApplicationBootstrap(): void {
    const options = this.#options();
    const ignored = options.every(hasGuards) ? [] : this.#withPolicy();
    const problems = [
      ...(ignored.length > 0
        ? [
            `No guard would enforce the policy of ${ignored.join(', ')}; give GraphQLModule fieldResolverEnhancers: ['guards'].`,
          ]
        : []),
      ...(options.some(hasSharedContext)
        ? ['GraphQLModule may leave the first request in a `context` that is an object; make it a function.']
        : []),
    ];
    if (problems.length > 0) throw new AuthError('invalid_configuration', { message: problems.join(' ') });
  }

  #options(): GraphqlOptions[] {
    return [...this.modules.values()].flatMap(({ providers }) => {
      const options = providers.get(GRAPHQL_OPTIONS)?.instance;
      return isObject(options) ? [options as GraphqlOptions] : [];
    });
  }

  #withPolicy(): string[] {
    const found: string[] = [];
    for (const { providers } of this.modules.values()) {
      for (const { instance } of providers.values()) {
        // Read from the instance, as Nest does, because a factory may have made it.
        const prototype = isObject(instance) ? (Object.getPrototypeOf(instance) as Type['prototype'] | null) : null;
        if (!prototype || prototype === Object.prototype) continue;
        for (const method of this.scanner.getAllMethodNames(prototype)) {
          if (isIgnored(prototype[method], prototype.constructor))
            found.push(`${prototype.constructor.name}.${method}`);
        }
      }
    }
    return found;
  }
}

function hasGuards({ fieldResolverEnhancers }: GraphqlOptions): boolean {
  return fieldResolverEnhancers?.includes('guards') === true;
}

/** @nestjs/mercurius, and @nestjs/apollo before 14, write a request into this object unless it has one already. */
function hasSharedContext({ context }: GraphqlOptions): boolean {
  return isObject(context);
}

/** Whether a handler has a policy that nothing enforces without its guard. */
function isIgnored(handler: unknown, resolver: object): boolean {
  if (typeof handler !== 'function') return false;
  if (!Reflect.hasMetadata(FIELD_RESOLVER, handler) && !Reflect.hasMetadata(REFERENCE_RESOLVER, handler)) return false;
  const policy = policyOf(handler, resolver);
  return policy !== UNDECLARED && policy.access !== 'public';
}
