import type { Advance, RevokedSession, SessionRecord, SessionStore } from '@acme/nest-auth';
import type { DataSource } from 'typeorm';
import type { AuthSessionEntity } from './schema.js';
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
] as const;

interface Rotation {
  readonly id: string;
  readonly fromGeneration: number;
  readonly now: string;
  readonly expiresAt: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `SessionStore` on the table `auth_sessions`. */
export class TypeOrmSessionStore implements SessionStore {
  readonly #table: Table<AuthSessionEntity>;
  readonly #columns: string;
  readonly #find: (parameters: { readonly id: string }) => Promise<Answer>;
  readonly #advance: (parameters: Rotation) => Promise<Answer>;

  constructor(db: DataSource) {
    this.#table = new Table(db, 'AuthSessionEntity');
    this.#columns = this.#table.columns(...FIELDS);
    const { name, names: c, updateReturns } = this.#table;
    this.#find = this.#table.statement(`SELECT ${this.#columns} FROM ${name} WHERE ${c.id} = :id`, ['id']);
    this.#advance = this.#table.statement(
      `UPDATE ${name} SET ${c.generation} = ${c.generation} + 1, ${c.rotatedAt} = :now, ${c.expiresAt} = :expiresAt
       WHERE ${c.id} = :id AND ${c.generation} = :fromGeneration AND ${c.revokedAt} IS NULL
         AND ${c.expiresAt} > :now AND ${c.absoluteExpiresAt} > :now
       ${updateReturns ? `RETURNING ${this.#columns}` : ''}`,
      ['id', 'fromGeneration', 'now', 'expiresAt'],
    );
  }

  async create(session: SessionRecord): Promise<void> {
    const { name, names } = this.#table;
    const columns = FIELDS.map((field) => names[field]).join(', ');
    const parameters = FIELDS.map((field) => `:${field}`).join(', ');
    const values = FIELDS.map((field) => {
      const value = session[field];
      return [field, value instanceof Date ? this.#table.time(value) : value];
    });
    await this.#table.run(`INSERT INTO ${name} (${columns}) VALUES (${parameters})`, Object.fromEntries(values));
  }

  async find(id: string): Promise<SessionRecord | null> {
    if (!isSessionId(id)) return null;
    const { rows } = await this.#find({ id });
    return rows[0] ? sessionOf(rows[0]) : null;
  }

  async advance(id: string, fromGeneration: number, now: Date, expiresAt: Date): Promise<Advance | null> {
    if (!isSessionId(id)) return null;
    const { updateReturns } = this.#table;
    const times = { now: this.#table.time(now), expiresAt: this.#table.time(expiresAt) };
    const { rows, affected } = await this.#advance({ id, fromGeneration, ...times });
    if (rows[0]) return { won: true, session: sessionOf(rows[0]) };
    // A statement of its own: within the first one, the row would be that of a snapshot from before the winner.
    const session = await this.find(id);
    if (!session) return null;
    if (updateReturns || affected === 0) return { won: false, session };
    // Another caller may have moved on before this read: what this call wrote is what it won.
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

  async revokeAll(userId: string, exceptId?: string): Promise<readonly string[]> {
    if (!isText(userId)) return [];
    const table = this.#table;
    const { name, names: c } = table;
    const except = isSessionId(exceptId) ? `AND ${c.id} <> :exceptId` : '';
    const live = `${c.userId} = :userId AND ${c.revokedAt} IS NULL ${except}`;
    const revoke = `UPDATE ${name} SET ${c.revokedAt} = :now`;
    const values = { userId, exceptId, now: table.time(new Date()) };
    if (table.updateReturns) {
      return idsOf(await table.run(`${revoke} WHERE ${live} RETURNING ${table.columns('id')}`, values));
    }
    return table.transaction(async (runner) => {
      const locked = `SELECT ${table.columns('id')} FROM ${name} WHERE ${live} FOR UPDATE`;
      const ids = idsOf(await table.run(locked, values, runner));
      if (ids.length > 0) await table.run(`${revoke} WHERE ${c.id} IN (:...ids)`, { ...values, ids }, runner);
      return ids;
    });
  }

  async listActive(userId: string): Promise<readonly SessionRecord[]> {
    if (!isText(userId)) return [];
    const { name, names: c } = this.#table;
    const { rows } = await this.#table.run(
      `SELECT ${this.#columns} FROM ${name} WHERE ${c.userId} = :userId AND ${c.revokedAt} IS NULL
       ORDER BY ${c.createdAt} DESC`,
      { userId },
    );
    return rows.map(sessionOf);
  }

  deleteExpired(before: Date): Promise<number> {
    const { name, names } = this.#table;
    return this.#table.change(`DELETE FROM ${name} WHERE ${names.absoluteExpiresAt} < :before`, {
      before: this.#table.time(before),
    });
  }

  async revokedSince(since: Date): Promise<readonly RevokedSession[]> {
    const { name, names } = this.#table;
    const columns = this.#table.columns('id', 'userId', 'revokedAt');
    const { rows } = await this.#table.run(`SELECT ${columns} FROM ${name} WHERE ${names.revokedAt} >= :since`, {
      since: this.#table.time(since),
    });
    return rows.map((row) => ({
      sessionId: String(row.id),
      userId: String(row.userId),
      revokedAt: dateOf(row.revokedAt),
    }));
  }
}

/** The library's own ids are lower-case UUIDs; a `uuid` column would refuse a query for anything else. */
function isSessionId(id: unknown): id is string {
  return typeof id === 'string' && UUID.test(id);
}

function idsOf({ rows }: { readonly rows: readonly Row[] }): string[] {
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
  };
}
