import type { CredentialPatch, CredentialRecord, NewCredential } from '@acme/nest-auth';
import { isText, isUuid } from '../text.js';

// Checked before anything reaches a query: mysql2 writes an object into the SQL as `key = value`, and Prisma reads
// `undefined` as "no condition".

/** A credential as a table stores it: `data` is JSON text, which no database changes. */
export type CredentialRow = Omit<CredentialRecord, 'data'> & { readonly data: string };

/** The columns that an update writes in addition to the version. */
export type CredentialChanges = Partial<Pick<CredentialRow, 'key' | 'data' | 'lastUsedAt' | 'expiresAt'>>;

/** A row as a driver may return it: bytes for the key, and numbers or text for numbers. */
export interface StoredCredential extends Omit<CredentialRow, 'key' | 'version'> {
  readonly key: string | Uint8Array;
  readonly version: number | string;
}

/** The fields of a credential, to name the columns of a table. */
export const CREDENTIAL_FIELDS = [
  'id',
  'userId',
  'kind',
  'key',
  'data',
  'version',
  'createdAt',
  'lastUsedAt',
  'expiresAt',
] as const satisfies readonly (keyof CredentialRecord)[];

const KIND = /^[a-z0-9-]{1,32}$/;
const MAX_DATA = 16 * 1024;
/** If `data` were copied into an object, these keys would reach its prototype. */
const FORBIDDEN_KEYS = ['__proto__', 'constructor', 'prototype'];

export function isCredentialKind(value: unknown): value is string {
  return typeof value === 'string' && KIND.test(value);
}

export function isCredentialKey(value: unknown): value is string {
  return isText(value) && value.length >= 1 && value.length <= 512;
}

/** MariaDB's utf8mb4_bin treats `7 ` as `7`, so a user id must not end with a space. */
export function isOwner(value: unknown): value is string {
  return isText(value) && value.length >= 1 && value.length <= 255 && !value.endsWith(' ');
}

/** Whether a row can have this version and the one after it, in a column of 32 bits. */
export function isVersion(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) < 2 ** 31 - 1;
}

/** The row of a new credential. @throws TypeError if a field has the wrong type, RangeError if `data` is too long */
export function credentialRow(credential: NewCredential): CredentialRow {
  const { id, userId, kind, key, createdAt, lastUsedAt, expiresAt } = Object(credential) as NewCredential;
  const isValid =
    isUuid(id) &&
    isOwner(userId) &&
    isCredentialKind(kind) &&
    isCredentialKey(key) &&
    isTime(createdAt) &&
    (lastUsedAt === null || isTime(lastUsedAt)) &&
    (expiresAt === null || isTime(expiresAt));
  if (!isValid) throw new TypeError('A field of the credential has the wrong type.');
  return { id, userId, kind, key, data: toJson(credential.data), version: 1, createdAt, lastUsedAt, expiresAt };
}

/**
 * What an update writes. A missing field is not written.
 * @throws TypeError if a field has the wrong type or cannot be changed, RangeError if `data` is too long
 */
export function credentialChanges(patch: CredentialPatch): CredentialChanges {
  if (!isPlainObject(patch)) throw new TypeError('The patch of a credential is not an object.');
  const { key, data, lastUsedAt, expiresAt, ...others } = patch;
  const isValid =
    Object.keys(others).length === 0 &&
    (key === undefined || isCredentialKey(key)) &&
    (lastUsedAt === undefined || isTime(lastUsedAt)) &&
    (expiresAt === undefined || expiresAt === null || isTime(expiresAt));
  if (!isValid) throw new TypeError('A field of the patch has the wrong type or cannot be changed.');
  const changes = { key, data: data === undefined ? undefined : toJson(data), lastUsedAt, expiresAt };
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

/** The credential of a row. */
export function credentialOf(row: StoredCredential): CredentialRecord {
  const { id, userId, kind, key, data, version, createdAt, lastUsedAt, expiresAt } = row;
  return {
    id,
    userId,
    kind,
    key: typeof key === 'string' ? key : Buffer.from(key).toString(),
    data: JSON.parse(data) as CredentialRecord['data'],
    version: Number(version),
    createdAt,
    lastUsedAt,
    expiresAt,
  };
}

function isTime(value: unknown): value is Date {
  return value instanceof Date && !Number.isNaN(value.getTime());
}

function toJson(data: unknown): string {
  if (!isPlainObject(data) || !isJson(data))
    throw new TypeError('The data of a credential is not a JSON object, or has a key such as __proto__.');
  const text = JSON.stringify(data);
  if (Buffer.byteLength(text) > MAX_DATA) throw new RangeError('The data of a credential is longer than 16 KiB.');
  return text;
}

/** Whether JSON keeps the whole value. A Date, for example, would become text, and `undefined` would be lost. */
function isJson(root: unknown): boolean {
  const pending: unknown[] = [root];
  // Each value takes at least one character. The limit also stops at a value that contains itself.
  for (let seen = 0; seen <= MAX_DATA; seen++) {
    if (pending.length === 0) return true;
    const value = pending.pop();
    if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) continue;
    if (Array.isArray(value) && value.length <= MAX_DATA) {
      pending.push(...(value as unknown[]));
      continue;
    }
    if (!isPlainObject(value) || FORBIDDEN_KEYS.some((key) => Object.hasOwn(Object(value), key))) return false;
    pending.push(...Object.values(Object(value)));
  }
  throw new RangeError('The data of a credential is longer than 16 KiB.');
}

/** Also an object of another realm, such as a worker's answer. */
function isPlainObject(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
