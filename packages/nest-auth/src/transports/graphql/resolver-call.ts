import type { ArgumentsHost } from '@nestjs/common';

export type Fields = Readonly<Record<string, unknown>>;

/** One step of the path to a field in the answer; its `key` is the alias, if there is one. */
interface Path {
  readonly key: string | number;
  readonly prev?: Path | undefined;
}

/** What GraphQL tells a resolver about its field; each call gets a new object. */
export interface FieldInfo {
  readonly path?: Path;
  readonly operation?: { readonly operation?: unknown };
}

export interface ResolverCall {
  /** What the app's `context` made for the operation. */
  readonly context: Fields | undefined;
  readonly info: FieldInfo | undefined;
}

/** A resolver gets (root, args, context, info); a reference resolver of Federation has no `args`. */
export function resolverCallOf(host: ArgumentsHost): ResolverCall {
  const args: unknown[] = host.getArgs();
  const at = args.length === 3 ? 1 : 2;
  const [context, info] = [args[at], args[at + 1]];
  return { context: isObject(context) ? context : undefined, info: isObject(info) ? info : undefined };
}

export function isRootField(info: FieldInfo): boolean {
  return info.path?.prev === undefined;
}

/** The root field that contains a field, by its name in the answer. */
export function rootFieldOf(info: FieldInfo): string | undefined {
  let path = info.path;
  while (path?.prev) path = path.prev;
  return path && String(path.key);
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
