import type { INestApplication } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import {
  ApiExcludeController,
  ApiExcludeEndpoint,
  ApiExtension,
  type OpenAPIObject,
  type SwaggerDocumentOptions,
  SwaggerModule,
} from '@nestjs/swagger';
import { type Stamp, stampOfClass, stampOfMethod, TemporaryMetadata } from './temporary-metadata.js';

/** A handler in its class, as the guard sees them. */
export interface Route {
  readonly controller: object;
  readonly handler: object;
  /** The method's name. */
  readonly name: string;
}

/** A controller's method as swagger sees it: on the prototype. */
interface Candidate extends Route {
  readonly metatype: object;
  readonly method: { readonly name: string };
}

/** The routes behind each operation: several if versions share a path, because a document has room for one. */
export type RoutesByOperation = ReadonlyMap<string, readonly Route[]>;

export type DocumentConfig = Omit<OpenAPIObject, 'paths'>;

const MARK = 'x-acme-nest-auth-route';
const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace', 'search', 'query'];

export const operationKey = (method: string, path: string): string => `${method} ${path}`;

/** Every operation of a document with its place. */
export function* operationsOf({
  paths,
}: OpenAPIObject): Iterable<[key: string, operation: Record<string, unknown>, method: string]> {
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(item)) {
      if (METHODS.includes(method)) yield [operationKey(method, path), operation as Record<string, unknown>, method];
    }
  }
}

/**
 * Finds the handlers behind a document's operations by asking swagger itself: handlers carry marks while it builds
 * temporary documents. So only swagger computes prefixes, versions, module paths and exclusions.
 */
export class RouteFinder {
  readonly #candidates: readonly Candidate[];
  readonly #found = new Map<string, Route[]>();

  constructor(
    private readonly app: INestApplication,
    private readonly config: DocumentConfig,
    private readonly options: SwaggerDocumentOptions,
  ) {
    this.#candidates = candidatesOf(app);
  }

  find(): RoutesByOperation {
    for (const group of withoutSharedMethods(this.#candidates)) {
      for (const hidden of this.#probe(group)) this.#probe([hidden]);
    }
    return this.#found;
  }

  /**
   * Documents only these candidates.
   * @returns the candidates whose operations another candidate under the same path may have replaced
   */
  #probe(group: readonly Candidate[]): readonly Candidate[] {
    const created: string[] = [];
    const marks = new TemporaryMetadata();
    let document: OpenAPIObject;
    try {
      this.#mark(group, marks);
      document = SwaggerModule.createDocument(this.app, this.#bareConfig(), {
        ...this.options,
        extraModels: [],
        linkNameFactory: undefined as never,
        operationIdFactory: (controller, method) => {
          created.push(label(controller, method));
          return `${created.length}`;
        },
      });
    } finally {
      marks.restore();
    }
    const shown: string[] = [];
    for (const [key, operation] of operationsOf(document)) {
      const candidate = group[Number(operation[MARK])];
      if (!candidate) continue;
      shown.push(labelOf(candidate));
      this.#add(key, candidate);
    }
    return group.length > 1 ? hiddenOnes(group, created, shown) : [];
  }

  #mark(group: readonly Candidate[], marks: TemporaryMetadata): void {
    const included = new Set(group.map(({ metatype }) => metatype));
    const methods = new Set(group.map(({ method }) => method));
    const exclude = stampOfClass(ApiExcludeController());
    const include = stampOfClass(ApiExcludeController(false));
    // Read before the first write, because subclasses inherit what is written on their base.
    const classes = new Map(
      this.#candidates.map(({ metatype }) => [metatype, Reflect.getMetadata(exclude.key, metatype) as unknown]),
    );
    for (const [metatype, own = include.value] of classes) {
      marks.write(metatype, included.has(metatype) ? { ...include, value: own } : exclude);
    }
    const excludeMethod = stampOfMethod(ApiExcludeEndpoint());
    for (const { metatype, method } of this.#candidates) {
      if (included.has(metatype) && !methods.has(method)) marks.write(method, excludeMethod);
    }
    for (const [index, { method }] of group.entries()) marks.write(method, extended(method, String(index)));
  }

  /** Only what affects the operations: the version decides which methods and webhooks a document may have. */
  #bareConfig(): DocumentConfig {
    const { openapi, info } = this.config;
    return { openapi, info };
  }

  #add(key: string, { controller, handler, name }: Candidate): void {
    const routes = this.#found.get(key) ?? [];
    if (routes.some((route) => route.controller === controller && route.handler === handler)) return;
    this.#found.set(key, [...routes, { controller, handler, name }]);
  }
}

function candidatesOf(app: INestApplication): Candidate[] {
  const scanner = new MetadataScanner();
  const seen = new Set<unknown>();
  return app
    .get(DiscoveryService, { strict: false })
    .getControllers()
    .flatMap(({ instance, metatype }) => {
      if (!instance || !metatype || seen.has(metatype)) return [];
      seen.add(metatype);
      const prototype = Object.getPrototypeOf(instance);
      return scanner.getAllMethodNames(prototype).map((name) => ({
        metatype,
        method: prototype[name],
        controller: instance.constructor,
        handler: instance[name],
        name,
      }));
    });
}

/** A mark is on a function, so classes that inherit the same function must be in different groups. */
function withoutSharedMethods(candidates: readonly Candidate[]): Candidate[][] {
  const groups: { readonly methods: Set<object>; readonly members: Candidate[] }[] = [];
  for (const metatype of new Set(candidates.map((candidate) => candidate.metatype))) {
    const own = candidates.filter((candidate) => candidate.metatype === metatype);
    let group = groups.find(({ methods }) => !own.some(({ method }) => methods.has(method)));
    if (!group) {
      group = { methods: new Set(), members: [] };
      groups.push(group);
    }
    for (const { method } of own) group.methods.add(method);
    group.members.push(...own);
  }
  return groups.map(({ members }) => members);
}

function extended(method: object, mark: string): Stamp {
  const { key, value } = stampOfMethod(ApiExtension(MARK, mark));
  return { key, value: { ...Reflect.getOwnMetadata(key, method), ...(value as object) } };
}

// Aliases of a handler are numbered.
const label = (controller: string, method: string): string => `${controller} ${method.replace(/\[\d+\]$/, '')}`;
const labelOf = ({ controller, method }: Candidate): string =>
  label((controller as { readonly name?: string }).name ?? '', method.name);

/** Names are not unique, so this may return too many; each of them is then documented alone. */
function hiddenOnes(
  group: readonly Candidate[],
  created: readonly string[],
  shown: readonly string[],
): readonly Candidate[] {
  const missing = new Map<string, number>();
  for (const name of created) missing.set(name, (missing.get(name) ?? 0) + 1);
  for (const name of shown) missing.set(name, (missing.get(name) ?? 0) - 1);
  const names = new Set(group.map(labelOf));
  // If a name is not in this group, its owner is unknown.
  if ([...missing.keys()].some((name) => !names.has(name))) return group;
  return group.filter((candidate) => (missing.get(labelOf(candidate)) ?? 0) > 0);
}
