import type {
  Advance,
  RevokeAllOptions,
  RevokedPage,
  RevokedSession,
  Rotation,
  SessionPage,
  SessionRecord,
  SessionStore,
} from '@acme/nest-auth';
import type { DataSource } from 'typeorm';
import type { AuthSessionEntity } from './schema.js';
import {
  assertSession,
  countOf,
  isGeneration,
  isSessionId,
  methodsOf,
  methodsText,
  revokeInBatches,
} from './session-values.js';
import { type Answer, dateOf, isText, type Row, Table } from './table.js';

const FIELDS = [
  'id',
  'userId',
  'secretHash',
  'generation',
  'createdAt',
  'rotatedAt',
  'expiresAt',
  'absoluteExpiresAt',
  'revokedAt',
  'userAgent',
  'ip',
  'methods',
  'authenticatedAt',
  'remember',
  'actorId',
] as const;

const ROTATION = ['id', 'secretHash', 'fromGeneration', 'now', 'expiresAt'] as const;

/** The order of a listing. Callers lock rows in this order, so that no two wait for each other. */
const newestFirst = (c: { readonly createdAt: string; readonly id: string }) =>
  `ORDER BY ${c.createdAt} DESC, ${c.id} DESC`;

/** `SessionStore` on the table `auth_sessions`. */
export class TypeOrmSessionStore implements SessionStore {
  readonly #table: Table<AuthSessionEntity>;
  readonly #columns: string;
  readonly #find: (parameters: { readonly id: string }) => Promise<Answer>;
  readonly #advance: (parameters: Readonly<Record<(typeof ROTATION)[number], unknown>>) => Promise<Answer>;

  constructor(db: DataSource) {
    this.#table = new Table(db, 'AuthSessionEntity');
    this.#columns = this.#table.columns(...FIELDS);
    const { name, names: c, updateReturns } = this.#table;
    this.#find = this.#table.statement(`SELECT ${this.#columns} FROM ${name} WHERE ${c.id} = :id`, ['id']);
    this.#advance = this.#table.statement(
      `UPDATE ${name} SET ${c.generation} = ${c.generation} + 1, ${c.rotatedAt} = :now, ${c.expiresAt} = :expiresAt
       WHERE ${c.id} = :id AND ${c.secretHash} = :secretHash AND ${c.generation} = :fromGeneration
         AND ${c.revokedAt} IS NULL AND ${c.expiresAt} > :now AND ${c.absoluteExpiresAt} > :now
       ${updateReturns ? `RETURNING ${this.#columns}` : ''}`,
      ROTATION,
    );
  }

  async create(session: SessionRecord): Promise<void> {
    assertSession(session);
    const { name, names } = this.#table;
    const columns = FIELDS.map((field) => names[field]).join(', ');
    const parameters = FIELDS.map((field) => `:${field}`).join(', ');
    const row = { ...session, methods: methodsText(session.methods) };
    const values = FIELDS.map((field) => [field, this.#table.value(row[field])]);
    await this.#table.run(`INSERT INTO ${name} (${columns}) VALUES (${parameters})`, Object.fromEntries(values));
  }

  async find(id: string): Promise<SessionRecord | null> {
    if (!isSessionId(id)) return null;
    const { rows } = await this.#find({ id });
    return rows[0] ? sessionOf(rows[0]) : null;
  }

  async advance({ id, secretHash, fromGeneration, now, expiresAt }: Rotation): Promise<Advance | null> {
    if (!isSessionId(id)) return null;
    const { updateReturns } = this.#table;
    const times = { now: this.#table.time(now), expiresAt: this.#table.time(expiresAt) };
    const isPossible = isText(secretHash) && isGeneration(fromGeneration);
    const { rows, affected } = isPossible
      ? await this.#advance({ id, secretHash, fromGeneration, ...times })
      : { rows: [], affected: 0 };
    if (rows[0]) return { won: true, session: sessionOf(rows[0]) };
    // A separate statement: the first one would read its snapshot from before the winner's write.
    const session = await this.find(id);
    if (!session) return null;
    if (updateReturns || affected === 0) return { won: false, session };
    // Another caller may have rotated again before this read, so the winner answers with what it wrote.
    const written = { generation: fromGeneration + 1, rotatedAt: now, expiresAt, revokedAt: null };
    return { won: true, session: { ...session, ...written } };
  }

  async revoke(id: string): Promise<boolean> {
    if (!isSessionId(id)) return false;
    const { name, names: c } = this.#table;
    const revoked = await this.#table.change(
      `UPDATE ${name} SET ${c.revokedAt} = :now WHERE ${c.id} = :id AND ${c.revokedAt} IS NULL`,
      { id, now: this.#table.time(new Date()) },
    );
    return revoked === 1;
  }

  async revokeAll(userId: string, { exceptId, upTo, limit }: RevokeAllOptions): Promise<readonly string[]> {
    if (!isText(userId)) return [];
    const table = this.#table;
    const { names: c } = table;
    const conditions = [`${c.userId} = :userId`, `${c.revokedAt} IS NULL`];
    if (isSessionId(exceptId)) conditions.push(`${c.id} <> :exceptId`);
    // Not as a row comparison: MySQL would not use the index for it.
    if (upTo) conditions.push(`${c.createdAt} <= :createdAt AND (${c.createdAt} < :createdAt OR ${c.id} <= :upTo)`);
    const bound = upTo ? { createdAt: table.time(upTo.createdAt), upTo: upTo.id } : {};
    const values = { userId, exceptId, limit: countOf(limit), now: table.time(new Date()), ...bound };
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

  async listActive(userId: string, { now, limit, offset = 0 }: SessionPage): Promise<readonly SessionRecord[]> {
    if (!isText(userId)) return [];
    const { name, names: c } = this.#table;
    const { rows } = await this.#table.run(
      `SELECT ${this.#columns} FROM ${name} WHERE ${c.userId} = :userId AND ${c.revokedAt} IS NULL
         AND ${c.expiresAt} > :now AND ${c.absoluteExpiresAt} > :now
       ${newestFirst(c)} LIMIT :limit OFFSET :offset`,
      { userId, now: this.#table.time(now), limit: countOf(limit), offset: countOf(offset) },
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
      { since: this.#table.time(since), limit: countOf(limit), afterId },
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
