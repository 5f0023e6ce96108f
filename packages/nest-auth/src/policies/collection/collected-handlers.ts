import { MetadataScanner } from '@nestjs/core';
import { AuthError } from '../../core/errors/auth-error.js';
import { classOf, lineageOf } from '../../core/policy/declared-policy.js';
import { isOwn } from '../../core/policy/marks.js';
import { learnPolicy, type Place, policyOf, policySourceOf } from '../../core/policy/policy.js';
import { type Handler, type Holder, handlersOf, holdersOf } from '../../guards/handlers.js';
import { type HttpRoute, type ListedGuard, listed, type PolicyEntry } from '../policy-list.js';
import type { AppInternals } from './app-internals.js';
import { type Call, callsOf, connectionCall } from './call-names.js';
import { graphqlOptionsOf } from './graphql-options.js';
import { everywhere, globalGuardsOf, ownGuardsOf } from './guard-chain.js';
import { httpRoutesOf, isUnsafe, type RouteSettings, routeName, type Version } from './http-routes.js';
import { modulePathOf, writeModulePaths } from './module-paths.js';

// Nest's own metadata keys, which it does not export.
const PATH = 'path';
const METHOD = 'method';
const VERSION = '__version__';
const HOST = 'host';

/** An entry before its findings are known. */
export interface Collected extends Omit<PolicyEntry, 'findings' | 'isOpen'> {
  /** Whether a call may change something. */
  readonly isUnsafe: boolean;
  /** Whether guards run at all: GraphQL runs no guards for fields, unless an option says so. */
  readonly hasGuards: boolean;
}

/**
 * Every handler of an app, HTTP first.
 * @throws AuthError `invalid_configuration` if it is unclear who may call a handler; boot throws the same
 */
export function collectHandlers(internals: AppInternals): Collected[] {
  return new Collector(internals).all();
}

class Collector {
  readonly #scanner = new MetadataScanner();
  readonly #problems = new Set<string>();
  readonly #seen = new Map<object, Set<string>>();
  readonly #global: readonly ListedGuard[];
  /** The global guards that certainly run for messages too. */
  readonly #everywhere: readonly ListedGuard[];
  readonly #asksForFields: boolean;

  constructor(private readonly internals: AppInternals) {
    writeModulePaths(internals.modules);
    this.#global = globalGuardsOf(internals);
    this.#everywhere = everywhere(internals) ? this.#global.filter(({ enforces }) => enforces) : [];
    this.#asksForFields = graphqlOptionsOf(internals).every(
      ({ fieldResolverEnhancers }) => fieldResolverEnhancers?.includes('guards') === true,
    );
  }

  all(): Collected[] {
    const found = [...holdersOf(this.internals.modules)].map((holder) => {
      const handlers = handlersOf(holder, this.#scanner);
      const others = handlers.filter((one) => this.#isFirst(one)).flatMap((one) => this.#othersOf(one));
      return { http: this.#routesOf(holder, handlers), others };
    });
    if (this.#problems.size > 0)
      throw new AuthError('invalid_configuration', { message: [...this.#problems].join(' ') });
    return [...found.flatMap(({ http }) => http), ...found.flatMap(({ others }) => others)];
  }

  /** A provider of two modules is one resolver or gateway. Names are not enough: two methods may handle one event. */
  #isFirst({ place: { prototype, name = '' } }: Handler): boolean {
    const home = lineageOf(prototype)[0] ?? prototype;
    const seen = this.#seen.get(home) ?? new Set();
    this.#seen.set(home, seen);
    return !seen.has(name) && Boolean(seen.add(name));
  }

  /** The routes as Nest registers them: for each path of the controller, all methods. */
  #routesOf({ wrapper, module }: Holder, handlers: readonly Handler[]): Collected[] {
    const { config, modules, adapter } = this.internals;
    const routes = handlers.filter(({ kinds }) => kinds.includes('http'));
    const type = wrapper.metatype as object;
    if (!adapter || routes.length === 0) return [];
    const versioning = config.getVersioning();
    const ofClass = versioning && (Reflect.getMetadata(VERSION, type) ?? versioning.defaultVersion);
    const settings: RouteSettings = {
      prefix: config.getGlobalPrefix(),
      excluded: config.getGlobalPrefixOptions().exclude ?? [],
      versioning,
    };
    return texts(Reflect.getMetadata(PATH, type)).flatMap((controllerPath) =>
      routes.flatMap((handler) => {
        const method = Reflect.get(handler.place.prototype, handler.place.name as string) as object;
        const metadata = {
          modulePath: modulePathOf(module.metatype, modules),
          controllerPath,
          methodPaths: texts(Reflect.getMetadata(PATH, method)),
          requestMethod: Reflect.getMetadata(METHOD, method) as number,
          version: (Reflect.getMetadata(VERSION, method) || ofClass) as Version | undefined,
          host: Reflect.getMetadata(HOST, type) as unknown,
        };
        const found = httpRoutesOf(metadata, settings);
        return found.map((route) => ({ ...this.#entry(handler, httpCall(route)), route }));
      }),
    );
  }

  #othersOf(handler: Handler): Collected[] {
    const { place, kinds } = handler;
    const type = place.prototype.constructor;
    return kinds.flatMap((kind) => {
      if (kind === 'http') return [];
      if (kind === 'connection') return [this.#entry(handler, connectionCall(type))];
      const method = Reflect.get(place.prototype, place.name as string) as object;
      const hasGuards = this.#asksForFields || (kind !== 'field' && kind !== 'reference');
      return callsOf(kind, { method, name: place.name as string, type }).map((call) => ({
        ...this.#entry(handler, call),
        ...(hasGuards ? {} : { hasGuards, guards: [] }),
      }));
    });
  }

  #entry({ functions, place }: Handler, { kind, name, isUnsafe }: Call): Collected {
    const { prototype } = place;
    const type = prototype.constructor;
    for (const one of functions) this.#learn(one, place);
    // Nest passes the instance's function to the guard over HTTP, the prototype's otherwise.
    const handler = (kind === 'http' ? functions[0] : functions.at(-1)) as object;
    const method = place.name === undefined ? undefined : (Reflect.get(prototype, place.name) as object);
    return {
      kind,
      name,
      className: classOf(lineageOf(prototype)[0] ?? prototype),
      method: place.name,
      policy: listed(this.#problems.size > 0 ? { access: 'authenticated' } : policyOf(handler, type)),
      source: policySourceOf(handler, type, place),
      guards: [...this.#globalFor(kind), ...ownGuardsOf(type, method)],
      isOwn: isOwn(prototype),
      isUnsafe,
      hasGuards: true,
    };
  }

  #learn(handler: object, place: Place): void {
    const problem = learnPolicy(handler, place.prototype.constructor, place);
    if (problem) this.#problems.add(problem);
  }

  #globalFor(kind: PolicyEntry['kind']): readonly ListedGuard[] {
    return kind === 'http' || kind === 'graphql' ? this.#global : this.#everywhere;
  }
}

function httpCall(route: HttpRoute): Call {
  return { kind: 'http', name: routeName(route), isUnsafe: isUnsafe(route.method) };
}

function texts(value: unknown): string[] {
  return [value ?? ''].flat().map(String);
}
