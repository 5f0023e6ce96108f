import { AuthError, type CredentialRecord, type SettingsOf } from '@acme/nest-auth';
import { dataOf, isStrings, type WantedApiKey } from './api-key.js';
import type { API_KEYS_OPTIONS } from './api-keys.options.js';

/** What a new key is made from: checked, with all defaults. */
export interface KeyRequest {
  readonly name: string;
  readonly permissions: readonly string[] | null;
  /** In seconds. */
  readonly lifetime: number;
}

export type Lifetimes = Pick<SettingsOf<typeof API_KEYS_OPTIONS>, 'ttl' | 'maxTtl'>;

const MAX_NAME = 100;
/** In bytes, as JSON: half of what a credential may hold. */
const MAX_PERMISSIONS = 8 * 1024;
/** Control characters, halves of pairs, and line ends. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** @throws AuthError `invalid_request` that names the field */
export function readKeyRequest(wanted: WantedApiKey, { ttl, maxTtl }: Lifetimes): KeyRequest {
  const { name, permissions, expires_in = ttl } = Object(wanted) as WantedApiKey;
  if (typeof name !== 'string' || name.trim() === '' || name.length > MAX_NAME || UNPRINTABLE.test(name))
    throw invalid('name', `must be a text of 1 to ${MAX_NAME} characters`);
  if (!Number.isSafeInteger(expires_in) || expires_in < 1 || expires_in > maxTtl)
    throw invalid('expires_in', `must be a whole number of seconds, ${maxTtl} at most`);
  return { name, permissions: permissions === undefined ? null : readPermissions(permissions), lifetime: expires_in };
}

/** The request for a successor with the same lifetime. `maxTtl` may have become shorter since. */
export function requestAgain(record: CredentialRecord, { ttl, maxTtl }: Lifetimes): KeyRequest {
  const { name, permissions } = dataOf(record);
  const { createdAt, expiresAt } = record;
  const lifetime = expiresAt ? Math.ceil((expiresAt.getTime() - createdAt.getTime()) / 1000) : ttl;
  return { name, permissions, lifetime: Math.min(lifetime, maxTtl) };
}

function readPermissions(permissions: readonly string[]): readonly string[] {
  if (!isStrings(permissions) || permissions.includes('')) throw invalid('permissions', 'must be a list of names');
  const names = [...new Set(permissions)];
  if (Buffer.byteLength(JSON.stringify(names)) <= MAX_PERMISSIONS) return names;
  throw invalid('permissions', 'has too many names');
}

function invalid(field: string, problem: string): AuthError {
  return new AuthError('invalid_request', { message: `${field} ${problem}.`, field });
}
