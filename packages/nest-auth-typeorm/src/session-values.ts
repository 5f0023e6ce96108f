export { assertSession, countOf, methodsOf, methodsText, revokeInBatches } from '@acme/nest-auth/adapter';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The library's own ids are lower-case UUIDs; a `uuid` column would refuse a query for anything else. */
export function isSessionId(id: unknown): id is string {
  return typeof id === 'string' && UUID.test(id);
}

export function isGeneration(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0;
}
