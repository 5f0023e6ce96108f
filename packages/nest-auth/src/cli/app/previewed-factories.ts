import { standIn } from './stand-in.js';

interface Provider {
  readonly useFactory?: (...args: unknown[]) => unknown;
  readonly inject?: readonly unknown[];
}

/** The part of Nest's container that gets each provider of an app. */
export interface ContainerClass {
  readonly prototype: { addProvider(provider: unknown, ...rest: unknown[]): unknown };
}

/**
 * Gives stand-ins to the factories that the preview mode calls, those of `GraphQLModule.forRootAsync`. Nest calls them
 * with `null` for whatever was not built.
 */
export function giveStandIns({ prototype }: ContainerClass): void {
  const { addProvider } = prototype;
  prototype.addProvider = function (provider, ...rest) {
    return addProvider.call(this, lenient(provider), ...rest);
  };
}

function lenient(provider: unknown): unknown {
  const { useFactory, inject = [] } = Object(provider) as Provider;
  if (!useFactory || inject.length === 0) return provider;
  const others = inject.map(named);
  return {
    ...(provider as object),
    useFactory: async (...args: unknown[]) => {
      try {
        return await useFactory(...args.map((arg, index) => arg ?? others[index]));
      } catch {
        // An object without its dependencies, or a class that was not constructed.
        return await useFactory(...others);
      }
    },
  };
}

function named(token: unknown): unknown {
  const { token: inner = token } = Object(token) as { readonly token?: unknown };
  return standIn(typeof inner === 'function' ? inner.name : String(inner));
}
