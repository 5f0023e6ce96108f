import { AuthError, type CredentialRecord } from '@acme/nest-auth';

/** The kind of the credentials, and the name that handlers ask for: `@Authenticated('jwt', 'api-key')`. */
export const API_KEY = 'api-key';
const SERVICE = 'service:';

/** A request for a key. */
export interface WantedApiKey {
  /** The owner's name for the key, in 1 to 100 characters. */
  readonly name: string;
  /** @default the key acts with the user's roles and permissions as they are at each request */
  readonly permissions?: readonly string[] | undefined;
  /** In seconds. @default the option `ttl` */
  readonly expires_in?: number | undefined;
}

/** A key as its owner sees it. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  /** `null` for all permissions of the user. */
  readonly permissions: readonly string[] | null;
  readonly created_at: Date;
  /** `null` if it never expires. */
  readonly expires_at: Date | null;
  /** Up to 15 minutes old. */
  readonly last_used_at: Date | null;
  /** The id of the key that replaces it, after a rotation. */
  readonly replaced_by: string | null;
}

/** The only answer with the key itself. */
export interface NewApiKey extends ApiKey {
  readonly key: string;
}

/** What a credential of this kind has in its `data`. */
export interface KeyData {
  readonly name: string;
  readonly permissions: readonly string[] | null;
  readonly replaced_by: string | null;
}

/**
 * The data of a stored key. Read strictly, because a key without its list would have all permissions of its user.
 * @throws AuthError `contract_broken`
 */
export function dataOf({ id, data }: CredentialRecord): KeyData {
  const { name, permissions, replaced_by } = data;
  const isSound =
    typeof name === 'string' &&
    (permissions === null || isStrings(permissions)) &&
    (replaced_by === null || typeof replaced_by === 'string');
  if (isSound) return { name, permissions, replaced_by };
  throw new AuthError('contract_broken', {
    message: `The CredentialStore handed over the API key ${id} with other data.`,
  });
}

export function shownKey(record: CredentialRecord): ApiKey {
  const { id, createdAt, expiresAt, lastUsedAt } = record;
  return { id, ...dataOf(record), created_at: createdAt, expires_at: expiresAt, last_used_at: lastUsedAt };
}

/** The owner of a service's keys, and the id of their caller. @throws AuthError `invalid_request` */
export function serviceId(service: string): string {
  if (typeof service === 'string' && /^[\w.-]{1,64}$/.test(service)) return SERVICE + service;
  throw new AuthError('invalid_request', {
    message: 'The name of a service has 1 to 64 letters, digits, dots, dashes and underscores.',
    field: 'service',
  });
}

export function isService(owner: string): boolean {
  return owner.startsWith(SERVICE);
}

/** @throws AuthError `invalid_request` unless it is the id of a user, or of a service */
export function assertOwner(owner: string): void {
  if (typeof owner === 'string' && owner !== '') return;
  throw new AuthError('invalid_request', { message: 'The owner of a key must be an id.', field: 'owner' });
}

/** @throws AuthError `invalid_request`; `contract_broken` for a user's id that looks like a service's */
export function assertUserId(id: string): void {
  assertOwner(id);
  if (!isService(id)) return;
  throw new AuthError('contract_broken', {
    message: `A user's id begins with ${SERVICE}, as those of services do; give users other ids, or turn the routes of apiKeys() off.`,
  });
}

export function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
