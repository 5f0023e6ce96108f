import {
  type EphemeralQueries,
  type EphemeralRow,
  isDuplicate,
  type StoredValue,
  TableEphemeralStore,
} from '@acme/nest-auth/adapter';
import type { DataSource, QueryRunner } from 'typeorm';
import type { AuthEphemeralEntity } from './schema.js';
import { type Row, Table } from './table.js';

/** `EphemeralStore` on the table `auth_ephemeral`. */
export class TypeOrmEphemeralStore extends TableEphemeralStore {
  constructor(db: DataSource) {
    super(new EphemeralTable(new Table(db, 'AuthEphemeralEntity')));
  }
}

class EphemeralTable implements EphemeralQueries {
  constructor(private readonly table: Table<AuthEphemeralEntity>) {}

  async put(row: EphemeralRow): Promise<void> {
    const { family, names: c } = this.table;
    const conflict = family === 'mysql' ? 'ON DUPLICATE KEY UPDATE' : `ON CONFLICT (${c.key}) DO UPDATE SET`;
    const sql = `${this.#insert} ${conflict} ${c.value} = :value, ${c.expiresAt} = :until`;
    await this.table.run(sql, this.#parameters(row));
  }

  async take(key: string, now: Date): Promise<StoredValue> {
    const { name, names, deleteReturns } = this.table;
    const remove = `DELETE FROM ${name} WHERE ${names.key} = :key AND ${names.expiresAt} > :now`;
    if (deleteReturns) return this.#read(`${remove} RETURNING ${this.table.columns('value')}`, key, now);
    return this.table.transaction(async (runner) => {
      const found = await this.#read(`${this.#select} FOR UPDATE`, key, now, runner);
      if (found) await this.table.run(remove, { key, now: this.table.time(now) }, runner);
      return found;
    });
  }

  async putIfAbsent(row: EphemeralRow, now: Date): Promise<number> {
    const { family, name, names: c } = this.table;
    const parameters = { ...this.#parameters(row), now: this.table.time(now) };
    const overwrite = `${c.value} = :value, ${c.expiresAt} = :until`;
    if (family !== 'mysql') {
      const whereExpired = `WHERE ${name}.${c.expiresAt} <= :now`;
      const sql = `${this.#insert} ON CONFLICT (${c.key}) DO UPDATE SET ${overwrite} ${whereExpired}`;
      return this.table.change(sql, parameters);
    }
    // On MySQL the number of affected rows does not tell a new row from an unchanged one.
    try {
      await this.table.run(this.#insert, parameters);
      return 1;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const sql = `UPDATE ${name} SET ${overwrite} WHERE ${c.key} = :key AND ${c.expiresAt} <= :now`;
      return this.table.change(sql, parameters);
    }
  }

  get(key: string, now: Date): Promise<StoredValue> {
    return this.#read(this.#select, key, now);
  }

  deleteExpired(now: Date): Promise<number> {
    const { name, names } = this.table;
    return this.table.change(`DELETE FROM ${name} WHERE ${names.expiresAt} <= :now`, { now: this.table.time(now) });
  }

  get #insert(): string {
    const { name, names: c } = this.table;
    return `INSERT INTO ${name} (${c.key}, ${c.value}, ${c.expiresAt}) VALUES (:key, :value, :until)`;
  }

  get #select(): string {
    const { name, names: c } = this.table;
    return `SELECT ${this.table.columns('value')} FROM ${name} WHERE ${c.key} = :key AND ${c.expiresAt} > :now`;
  }

  #parameters({ key, value, expiresAt }: EphemeralRow): Row {
    return { key, value, until: this.table.time(expiresAt) };
  }

  async #read(sql: string, key: string, now: Date, runner?: QueryRunner): Promise<StoredValue> {
    const { rows } = await this.table.run(sql, { key, now: this.table.time(now) }, runner);
    return rows[0] && { value: String(rows[0].value) };
  }
}
