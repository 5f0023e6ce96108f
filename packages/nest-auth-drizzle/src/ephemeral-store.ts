import type { EphemeralStore } from '@acme/nest-auth';
import { type EphemeralQueries, TableEphemeralStore } from '@acme/nest-auth/adapter';
import { and, type Column, eq, gt, lte } from 'drizzle-orm';
import type { Select, Writes } from './statements.js';

export type EphemeralColumns<C = Column> = Readonly<Record<'key' | 'value' | 'expiresAt', C>>;

/** The statements that each drizzle dialect builds in its own way. */
export interface EphemeralStatements
  extends Pick<EphemeralQueries, 'put' | 'take' | 'putIfAbsent'>,
    Pick<Writes, 'delete'> {
  selectValue(): Select<{ readonly value: string }>;
}

/** `EphemeralStore` on a table of drizzle. */
export function ephemeralStoreOf(
  { key, expiresAt }: EphemeralColumns,
  statements: EphemeralStatements,
): EphemeralStore {
  return new TableEphemeralStore({
    ...statements,
    get: async (ofKey, now) => {
      const isLive = and(eq(key, ofKey), gt(expiresAt, now));
      return (await statements.selectValue().where(isLive).$withCache(false))[0];
    },
    deleteExpired: (now) => statements.delete(lte(expiresAt, now)),
  });
}
