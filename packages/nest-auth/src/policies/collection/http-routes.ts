import { RequestMethod, type VersioningOptions, VersioningType } from '@nestjs/common';
import type { HttpRoute } from '../policy-list.js';

/** The version of a controller or a method. The only symbol is `VERSION_NEUTRAL`. */
export type Version = string | symbol | readonly (string | symbol)[];

/** One `exclude` of the global prefix, in Nest's form. */
interface Excluded {
  readonly requestMethod: number;
  readonly pathRegex: RegExp;
}

/** The settings of an app that apply to all routes. */
export interface RouteSettings {
  readonly prefix: string;
  readonly excluded: readonly Excluded[];
  readonly versioning: VersioningOptions | undefined;
}

/** What the decorators say about a method, under one path of its controller. */
export interface RouteMetadata {
  readonly modulePath: string;
  readonly controllerPath: string;
  readonly methodPaths: readonly string[];
  readonly requestMethod: number;
  readonly version: Version | undefined;
  readonly host: unknown;
}

/** The routes of one method, in the order in which Nest registers them. */
export function httpRoutesOf(metadata: RouteMetadata, settings: RouteSettings): HttpRoute[] {
  const { requestMethod, methodPaths, version, host } = metadata;
  const method = RequestMethod[requestMethod] ?? 'ALL';
  const versions = headerVersions(version, settings.versioning);
  const hosts = host === undefined ? undefined : [host].flat().map(String);
  return methodPaths
    .flatMap((methodPath) => pathsOf(methodPath, metadata, settings))
    .map((path) => ({ method, path, versions, hosts }));
}

/** `GET /notes (version 2)`, `GET /notes (host api.example.org)` */
export function routeName({ method, path, versions, hosts }: HttpRoute): string {
  const version = versions ? ` (version ${versions.join(', ')})` : '';
  const host = hosts ? ` (host ${hosts.join(', ')})` : '';
  return `${method} ${path}${version}${host}`;
}

const SAFE = ['GET', 'HEAD', 'OPTIONS', 'SEARCH', 'QUERY', 'PROPFIND'];

/** Whether a method may change something. */
export function isUnsafe(method: string): boolean {
  return !SAFE.includes(method);
}

/** Paths in Nest's order: prefix, version, module, controller, method. */
function pathsOf(
  methodPath: string,
  metadata: RouteMetadata,
  { prefix, excluded, versioning }: RouteSettings,
): string[] {
  const { modulePath, controllerPath, requestMethod, version } = metadata;
  return uriVersions(version, versioning).map((versionPath) => {
    const own = [modulePath, controllerPath, methodPath]
      .filter((part) => part !== '')
      .reduce((path, part) => stripEnd(path) + leading(part), versionPath);
    const isBare = prefix === '' || isExcluded(own.slice(versionPath.length), requestMethod, excluded);
    const path = leading((isBare ? '' : stripEnd(leading(prefix))) + own || '/');
    return path === '/' ? path : stripEnd(path);
  });
}

/** The versions as parts of the path; one empty part if versions are not in the path. */
function uriVersions(version: Version | undefined, versioning: VersioningOptions | undefined): string[] {
  if (versioning?.type !== VersioningType.URI || !version) return [''];
  const { prefix } = versioning;
  const before = prefix === false ? '' : (prefix ?? 'v');
  return [version].flat().map((one) => (typeof one === 'symbol' ? '' : `/${before}${String(one)}`));
}

function headerVersions(
  version: Version | undefined,
  versioning: VersioningOptions | undefined,
): readonly string[] | undefined {
  if (!versioning || versioning.type === VersioningType.URI || !version || typeof version === 'symbol')
    return undefined;
  return [version].flat().map((one) => (typeof one === 'symbol' ? 'neutral' : String(one)));
}

/** Nest tests the path without prefix and version. */
function isExcluded(path: string, requestMethod: number, excluded: readonly Excluded[]): boolean {
  const methods: readonly number[] = [RequestMethod.ALL, -1, requestMethod];
  return excluded.some((one) => methods.includes(one.requestMethod) && one.pathRegex.test(leading(path)));
}

/** `{/:id}` begins with a slash already. */
function leading(path: string): string {
  return path === '' || path.startsWith('/') || path.startsWith('{/') ? path : `/${path}`;
}

function stripEnd(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
