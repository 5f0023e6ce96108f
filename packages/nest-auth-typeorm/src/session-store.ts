import type { RevokeAllOptions } from '@acme/nest-auth';
import {
  revokeInBatches,
  SESSION_FIELDS,
  type SessionQueries,
  type SessionRow,
  TableSessionStore,
} from '@acme/nest-auth/adapter';
import type { DataSource } from 'typeorm';
import type { AuthSessionEntity } from './schema.js';
import { dateOf, type Row, Table } from './table.js';

const ROTATION = ['id', 'secretHash', 'fromGeneration', 'now', 'expiresAt'] as const;

/** The order of a listing. All callers lock rows in this order, so that they cannot deadlock. */
const newestFirst = (c: { readonly createdAt: string; readonly id: string }) =>
  `ORDER BY ${c.createdAt} DESC, ${c.id} DESC`;

/** `SessionStore` on the table `auth_sessions`. */
export class TypeOrmSessionStore extends TableSessionStore {
  constructor(db: DataSource) {
    super(queriesOf(new Table(db, 'AuthSessionEntity')));
  }
}

function queriesOf(table: Table<AuthSessionEntity>): SessionQueries {
  const { name, names: c, updateReturns } = table;
  const columns = table.columns(...SESSION_FIELDS);
  const select = `SELECT ${columns} FROM ${name}`;
  const isLive = `${c.revokedAt} IS NULL AND ${c.expiresAt} > :now AND ${c.absoluteExpiresAt} > :now`;
  const insert = table.insertion(...SESSION_FIELDS);
  const find = table.statement(`${select} WHERE ${c.id} = :id`, ['id']);
  const advance = table.statement(
    `UPDATE ${name} SET ${c.generation} = ${c.generation} + 1, ${c.rotatedAt} = :now, ${c.expiresAt} = :expiresAt
     WHERE ${c.id} = :id AND ${c.secretHash} = :secretHash AND ${c.generation} = :fromGeneration AND ${isLive}
     ${updateReturns ? `RETURNING ${columns}` : ''}`,
    ROTATION,
  );
  return {
    insert: (row) => table.run(insert, row),
    find: async (id) => (await find({ id })).rows.map(rowOf)[0],
    advance: async (rotation) => {
      const { rows, affected } = await advance(rotation);
      return updateReturns ? rows.map(rowOf)[0] : affected;
    },
    reauthenticate: (id, { at, methods, now }) =>
      table.change(
        `UPDATE ${name} SET ${c.authenticatedAt} = :at, ${c.methods} = :methods
         WHERE ${c.id} = :id AND ${isLive} AND ${c.authenticatedAt} <= :at`,
        { id, at, methods, now },
      ),
    revoke: (id, now) =>
      table.change(`UPDATE ${name} SET ${c.revokedAt} = :now WHERE ${c.id} = :id AND ${c.revokedAt} IS NULL`, {
        id,
        now,
      }),
    revokeAll: (userId, options, now) => revokeAll(table, userId, options, now),
    listActive: async (userId, { now, limit, offset }) => {
      const { rows } = await table.run(
        `${select} WHERE ${c.userId} = :userId AND ${isLive} ${newestFirst(c)} LIMIT :limit OFFSET :offset`,
        { userId, now, limit, offset },
      );
      return rows.map(rowOf);
    },
    deleteExpired: (before) => table.change(`DELETE FROM ${name} WHERE ${c.absoluteExpiresAt} < :before`, { before }),
    revokedSince: async (since, { limit, afterId }) => {
      const isAfter = afterId === undefined ? '' : `AND (${c.revokedAt} > :since OR ${c.id} > :afterId)`;
      const { rows } = await table.run(
        `SELECT ${table.columns('id', 'userId', 'revokedAt')} FROM ${name} WHERE ${c.revokedAt} >= :since ${isAfter}
         ORDER BY ${c.revokedAt}, ${c.id} LIMIT :limit`,
        { since, limit, afterId },
      );
      return rows.map(({ id, userId, revokedAt }) => ({
        id: String(id),
        userId: String(userId),
        revokedAt: dateOf(revokedAt),
      }));
    },
  };
}

async function revokeAll(
  table: Table<AuthSessionEntity>,
  userId: string,
  { exceptId, upTo, limit }: RevokeAllOptions,
  now: Date,
): Promise<readonly string[]> {
  const { names: c } = table;
  const conditions = [`${c.userId} = :userId`, `${c.revokedAt} IS NULL`];
  if (exceptId !== undefined) conditions.push(`${c.id} <> :exceptId`);
  // Not as a row comparison: MySQL would not use the index for it.
  if (upTo) conditions.push(`${c.createdAt} <= :createdAt AND (${c.createdAt} < :createdAt OR ${c.id} <= :upTo)`);
  const bound = upTo ? { createdAt: upTo.createdAt, upTo: upTo.id } : {};
  const values = { userId, exceptId, limit, now, ...bound };
  const chosen = (lock: string) =>
    `SELECT ${c.id} AS id FROM ${table.name} WHERE ${conditions.join(' AND ')} ${newestFirst(c)} LIMIT :limit ${lock}`;
  if (table.family === 'mysql') {
    const choose = async (most: number) => idsOf((await table.run(chosen(''), { ...values, limit: most })).rows);
    return revokeInBatches(limit, choose, (ids) => revokeThese(table, ids, now));
  }
  // If another caller has just revoked a row, PostgreSQL skips it and takes the next one, so fewer than `limit` rows
  // mean that none is left. SQLite has one writer and no row locks.
  const { rows } = await table.run(
    `WITH chosen AS (${chosen(table.family === 'postgres' ? 'FOR UPDATE' : '')})
     UPDATE ${table.name} SET ${c.revokedAt} = :now WHERE ${c.id} IN (SELECT id FROM chosen)
     RETURNING ${table.columns('id')}`,
    values,
  );
  return idsOf(rows);
}

/**
 * MySQL: locks rows by primary key only and filters afterwards, because locking an index that other calls write would
 * deadlock with them.
 */
function revokeThese(table: Table<AuthSessionEntity>, ids: readonly string[], now: Date): Promise<string[]> {
  const { name, names: c } = table;
  return table.transaction(async (runner) => {
    const locked = await table.run(
      `SELECT ${c.id} AS id, ${c.revokedAt} IS NULL AS live FROM ${name} WHERE ${c.id} IN (:...ids) FOR UPDATE`,
      { ids },
      runner,
    );
    const live = idsOf(locked.rows.filter((row) => Number(row.live) === 1));
    const revoke = `UPDATE ${name} SET ${c.revokedAt} = :now WHERE ${c.id} IN (:...live)`;
    if (live.length > 0) await table.run(revoke, { now, live }, runner);
    return live;
  });
}

function idsOf(rows: readonly Row[]): string[] {
  return rows.map(({ id }) => String(id));
}

function rowOf(row: Row): SessionRow {
  return {
    id: String(row.id),
    userId: String(row.userId),
    secretHash: String(row.secretHash),
    generation: Number(row.generation),
    createdAt: dateOf(row.createdAt),
    rotatedAt: dateOf(row.rotatedAt),
    expiresAt: dateOf(row.expiresAt),
    absoluteExpiresAt: dateOf(row.absoluteExpiresAt),
    revokedAt: row.revokedAt === null ? null : dateOf(row.revokedAt),
    userAgent: row.userAgent === null ? null : String(row.userAgent),
    ip: row.ip === null ? null : String(row.ip),
    methods: String(row.methods),
    authenticatedAt: dateOf(row.authenticatedAt),
    // MariaDB and SQLite answer 0 or 1.
    remember: row.remember === true || row.remember === 1,
    actorId: row.actorId === null ? null : String(row.actorId),
  };
}
