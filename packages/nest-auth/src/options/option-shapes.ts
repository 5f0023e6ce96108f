import type { OptionReader } from './option-reader.js';
import { isRecord, kindOf } from './value-kind.js';

interface Shape {
  readonly fits: (value: unknown) => boolean;
  readonly remedy: string;
}

const part = (members: string): Shape => ({ fits: isRecord, remedy: `write { ${members} }, or leave it out` });
const call = (example: string): Shape => ({ fits: (value) => typeof value === 'function', remedy: `write ${example}` });
const strings = (example: string): Shape => ({ fits: isStrings, remedy: `write ${example}` });
const text = (example: string): Shape => ({ fits: (value) => typeof value === 'string', remedy: `write ${example}` });

/** The types that are checked before anything reads the options. A part comes before its members. */
const SHAPES: Readonly<Record<string, Shape>> = {
  secrets: { fits: isRecord, remedy: 'write { access, refresh }' },
  ttl: part('access, refresh, session, grace'),
  sockets: part('cookie, origins'),
  password: part('minLength, maxLength, hasher …'),
  throttle: part('account, address, limiter'),
  register: part('schema, roles'),
  claims: call('(user) => ({ … })'),
  profile: call('(user) => ({ … })'),
  clock: call('a function that answers with milliseconds, as Date.now'),
  loginField: text("'email' or 'username'"),
  'sockets.cookie': text("'__Host-access' or the like"),
  'sockets.origins': strings("['https://app.example.org']"),
  'password.accepts': { fits: Array.isArray, remedy: 'write [new Argon2Hasher()] or the like' },
  'throttle.limiter': call('(options) => new RateLimiterRedis({ ...options, storeClient })'),
  'register.schema': {
    fits: isSchema,
    remedy: 'pass a Standard Schema (zod …) or a class with class-validator decorators',
  },
};

/**
 * Checks the types of the options.
 * @returns the options without those of a wrong type, so that the rest can be checked too
 */
export function wellShaped<T extends object>(options: T, found: OptionReader): T {
  const result = { ...options } as Record<string, unknown>;
  for (const [path, { fits, remedy }] of Object.entries(SHAPES)) {
    const [name = '', member] = path.split('.');
    const host = member === undefined ? result : (result[name] as Record<string, unknown> | undefined);
    const key = member ?? name;
    if (host?.[key] === undefined || fits(host[key])) continue;
    found.add(path, `is ${kindOf(host[key])}; ${remedy}`);
    if (member === undefined) delete result[name];
    else result[name] = { ...host, [key]: undefined };
  }
  return result as T;
}

function isStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string' && item !== '');
}

function isSchema(value: unknown): boolean {
  return typeof value === 'function' || (isRecord(value) && '~standard' in value);
}
