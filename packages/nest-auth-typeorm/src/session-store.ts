import type {
  RevokeAllOptions,
  RevokedPage,
  RevokedSession,
  Rotation,
  SessionPage,
  SessionRecord,
} from '@acme/nest-auth';
import {
  methodsOf,
  methodsText,
  revokeInBatches,
  SESSION_FIELDS,
  type SessionQueries,
  TableSessionStore,
} from '@acme/nest-auth/adapter';
import type { DataSource } from 'typeorm';
import type { AuthSessionEntity } from './schema.js';
import { type Answer, dateOf, type Row, Table } from './table.js';

const ROTATION = ['id', 'secretHash', 'fromGeneration', 'now', 'expiresAt'] as const;

/** The order of a listing. Callers lock rows in this order, so that no two wait for each other. */
const newestFirst = (c: { readonly createdAt: string; readonly id: string }) =>
  `ORDER BY ${c.createdAt} DESC, ${c.id} DESC`;

/** `SessionStore` on the table `auth_sessions`. */
export class TypeOrmSessionStore extends TableSessionStore {
  constructor(db: DataSource) {
    super(new SessionTable(new Table(db, 'AuthSessionEntity')));
  }
}

class SessionTable implements SessionQueries {
  readonly #table: Table<AuthSessionEntity>;
  readonly #columns: string;
  readonly #find: (parameters: { readonly id: string }) => Promise<Answer>;
  readonly #advance: (parameters: Readonly<Record<(typeof ROTATION)[number], unknown>>) => Promise<Answer>;

  constructor(table: Table<AuthSessionEntity>) {
    this.#table = table;
    this.#columns = table.columns(...SESSION_FIELDS);
    const { name, names: c, updateReturns } = table;
    this.#find = table.statement(`SELECT ${this.#columns} FROM ${name} WHERE ${c.id} = :id`, ['id']);
    this.#advance = table.statement(
      `UPDATE ${name} SET ${c.generation} = ${c.generation} + 1, ${c.rotatedAt} = :now, ${c.expiresAt} = :expiresAt
       WHERE ${c.id} = :id AND ${c.secretHash} = :secretHash AND ${c.generation} = :fromGeneration
         AND ${c.revokedAt} IS NULL AND ${c.expiresAt} > :now AND ${c.absoluteExpiresAt} > :now
       ${updateReturns ? `RETURNING ${this.#columns}` : ''}`,
      ROTATION,
    );
  }

  async insert(session: SessionRecord): Promise<void> {
    const { name, names } = this.#table;
    const columns = SESSION_FIELDS.map((field) => names[field]).join(', ');
    const parameters = SESSION_FIELDS.map((field) => `:${field}`).join(', ');
    const row = { ...session, methods: methodsText(session.methods) };
    const values = SESSION_FIELDS.map((field) => [field, this.#table.value(row[field])]);
    await this.#table.run(`INSERT INTO ${name} (${columns}) VALUES (${parameters})`, Object.fromEntries(values));
  }

  async find(id: string): Promise<SessionRecord | undefined> {
    const { rows } = await this.#find({ id });
    return rows[0] && sessionOf(rows[0]);
  }

  async advance({ id, secretHash, fromGeneration, now, expiresAt }: Rotation): Promise<SessionRecord | undefined> {
    const times = { now: this.#table.time(now), expiresAt: this.#table.time(expiresAt) };
    const { rows, affected } = await this.#advance({ id, secretHash, fromGeneration, ...times });
    if (rows[0]) return sessionOf(rows[0]);
    if (this.#table.updateReturns || affected === 0) return undefined;
    // Another caller may have rotated again before this read, so the winner answers with what it wrote.
    const session = await this.find(id);
    return session && { ...session, generation: fromGeneration + 1, rotatedAt: now, expiresAt, revokedAt: null };
  }

  revoke(id: string, revokedAt: Date): Promise<number> {
    const { name, names: c } = this.#table;
    return this.#table.change(
      `UPDATE ${name} SET ${c.revokedAt} = :revokedAt WHERE ${c.id} = :id AND ${c.revokedAt} IS NULL`,
      { id, revokedAt: this.#table.time(revokedAt) },
    );
  }

  async revokeAll(
    userId: string,
    { exceptId, upTo, limit }: RevokeAllOptions,
    revokedAt: Date,
  ): Promise<readonly string[]> {
    const table = this.#table;
    const { names: c } = table;
    const conditions = [`${c.userId} = :userId`, `${c.revokedAt} IS NULL`];
    if (exceptId) conditions.push(`${c.id} <> :exceptId`);
    // Not as a row comparison: MySQL would not use the index for it.
    if (upTo) conditions.push(`${c.createdAt} <= :createdAt AND (${c.createdAt} < :createdAt OR ${c.id} <= :upTo)`);
    const bound = upTo ? { createdAt: table.time(upTo.createdAt), upTo: upTo.id } : {};
    const values = { userId, exceptId, limit, now: table.time(revokedAt), ...bound };
    const chosen = (lock: string) =>
      `SELECT ${c.id} AS id FROM ${table.name} WHERE ${conditions.join(' AND ')} ${newestFirst(c)} LIMIT :limit ${lock}`;
    if (table.family === 'mysql') {
      const choose = async (most: number) => idsOf((await table.run(chosen(''), { ...values, limit: most })).rows);
      return revokeInBatches(limit, choose, (ids) => this.#revokeThese(ids, values.now));
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

  async listActive(userId: string, { now, limit, offset }: Required<SessionPage>): Promise<readonly SessionRecord[]> {
    const { name, names: c } = this.#table;
    const { rows } = await this.#table.run(
      `SELECT ${this.#columns} FROM ${name} WHERE ${c.userId} = :userId AND ${c.revokedAt} IS NULL
         AND ${c.expiresAt} > :now AND ${c.absoluteExpiresAt} > :now
       ${newestFirst(c)} LIMIT :limit OFFSET :offset`,
      { userId, now: this.#table.time(now), limit, offset },
    );
    return rows.map(sessionOf);
  }

  deleteExpired(before: Date): Promise<number> {
    const { name, names } = this.#table;
    return this.#table.change(`DELETE FROM ${name} WHERE ${names.absoluteExpiresAt} < :before`, {
      before: this.#table.time(before),
    });
  }

  async revokedSince(since: Date, { limit, afterId }: RevokedPage): Promise<readonly RevokedSession[]> {
    const { name, names: c } = this.#table;
    const columns = this.#table.columns('id', 'userId', 'revokedAt');
    const isAfter = afterId === undefined ? '' : `AND (${c.revokedAt} > :since OR ${c.id} > :afterId)`;
    const { rows } = await this.#table.run(
      `SELECT ${columns} FROM ${name} WHERE ${c.revokedAt} >= :since ${isAfter}
       ORDER BY ${c.revokedAt}, ${c.id} LIMIT :limit`,
      { since: this.#table.time(since), limit, afterId },
    );
    return rows.map((row) => ({
      sessionId: String(row.id),
      userId: String(row.userId),
      revokedAt: dateOf(row.revokedAt),
    }));
  }

  /**
   * MySQL: locks rows by primary key only and filters afterwards, because locking an index that other calls write would
   * deadlock with them.
   */
  #revokeThese(ids: readonly string[], now: string): Promise<string[]> {
    const { name, names: c } = this.#table;
    return this.#table.transaction(async (runner) => {
      const locked = await this.#table.run(
        `SELECT ${c.id} AS id, ${c.revokedAt} IS NULL AS live FROM ${name} WHERE ${c.id} IN (:...ids) FOR UPDATE`,
        { ids },
        runner,
      );
      const live = idsOf(locked.rows.filter((row) => Number(row.live) === 1));
      const revoke = `UPDATE ${name} SET ${c.revokedAt} = :now WHERE ${c.id} IN (:...live)`;
      if (live.length > 0) await this.#table.run(revoke, { now, live }, runner);
      return live;
    });
  }
}

function idsOf(rows: readonly Row[]): string[] {
  return rows.map(({ id }) => String(id));
}

function sessionOf(row: Row): SessionRecord {
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
    methods: methodsOf(row.methods),
    authenticatedAt: dateOf(row.authenticatedAt),
    // MariaDB and SQLite answer 0 or 1.
    remember: row.remember === true || row.remember === 1,
    actorId: row.actorId === null ? null : String(row.actorId),
  };
}
