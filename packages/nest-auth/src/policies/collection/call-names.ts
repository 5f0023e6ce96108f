import type { HandlerKind } from '../../guards/handlers.js';
import type { HandlerCall } from '../policy-list.js';

// Nest's own metadata keys, which it does not export.
const RESOLVER_TYPE = 'graphql:resolver_type';
const RESOLVER_NAME = 'graphql:resolver_name';
const MESSAGE = 'message';
const GATEWAY_OPTIONS = 'websockets:gateway_options';
const PORT = 'port';
const PATTERN = 'microservices:pattern';
const PATTERN_KIND = 'microservices:handler_type';
const EVENT = 2;

/** How a handler is called: its kind, its name, and whether a call may change something. */
export interface Call {
  readonly kind: HandlerCall;
  readonly name: string;
  readonly isUnsafe: boolean;
}

/** The sources of a name: a method with Nest's metadata, its name, and its class. */
export interface Named {
  readonly method: object;
  readonly name: string;
  readonly type: object;
}

/** The calls of a handler outside HTTP. A message counts as unsafe, because nothing says that it only reads. */
export function callsOf(kind: HandlerKind, named: Named): Call[] {
  if (kind === 'message') return patternsOf(named);
  if (kind === 'socket') return [{ kind: 'gateway', name: socketName(named), isUnsafe: true }];
  if (kind === 'graphql') return [operationOf(named)];
  if (kind === 'field') return [{ kind: 'graphql', name: fieldName(named), isUnsafe: false }];
  return [{ kind: 'graphql', name: `Reference ${typeName(named.type)}`, isUnsafe: false }];
}

/** `ws /chat connection`, for a gateway without handlers. */
export function connectionCall(gateway: object): Call {
  return { kind: 'gateway', name: `ws ${placeOf(gateway)} connection`, isUnsafe: false };
}

function operationOf({ method, name }: Named): Call {
  const type = String(Reflect.getMetadata(RESOLVER_TYPE, method));
  const field = (Reflect.getMetadata(RESOLVER_NAME, method) as string | undefined) ?? name;
  return { kind: 'graphql', name: `${type} ${field}`, isUnsafe: type === 'Mutation' };
}

function fieldName({ method, name, type }: Named): string {
  const field = (Reflect.getMetadata(RESOLVER_NAME, method) as string | undefined) ?? name;
  return `Field ${typeName(type)}.${field}`;
}

function typeName(type: object): string {
  const { name } = type as { readonly name?: string };
  return (Reflect.getMetadata(RESOLVER_NAME, type) as string | undefined) ?? name ?? '';
}

function socketName({ method, type }: Named): string {
  return `ws ${placeOf(type)} message ${shown(Reflect.getMetadata(MESSAGE, method))}`;
}

/** The address of a gateway: its namespace or path, and its port if it has its own. */
function placeOf(gateway: object): string {
  const { namespace, path } = (Reflect.getMetadata(GATEWAY_OPTIONS, gateway) ?? {}) as Record<string, unknown>;
  const port = Number(Reflect.getMetadata(PORT, gateway) ?? 0);
  const place = String(namespace ?? path ?? '/');
  return `${port > 0 ? `:${port}` : ''}${/^[/^]/.test(place) ? place : `/${place}`}`;
}

function patternsOf({ method }: Named): Call[] {
  const patterns = [Reflect.getMetadata(PATTERN, method) ?? []].flat() as unknown[];
  const isEvent = Reflect.getMetadata(PATTERN_KIND, method) === EVENT;
  return patterns.map((pattern) => {
    const { service, rpc } = Object(pattern) as { readonly service?: unknown; readonly rpc?: unknown };
    if (typeof service === 'string' && typeof rpc === 'string' && 'streaming' in Object(pattern))
      return { kind: 'grpc', name: `grpc ${service}/${rpc}`, isUnsafe: true };
    return isEvent
      ? { kind: 'event', name: `event ${shown(pattern)}`, isUnsafe: true }
      : { kind: 'message', name: `pattern ${shown(pattern)}`, isUnsafe: true };
  });
}

/** With sorted keys, because Nest ignores their order too. */
function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, sorted(one)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
