import type { EphemeralStore } from '@acme/nest-auth';
import type { DataSource, QueryRunner } from 'typeorm';
import type { AuthEphemeralEntity } from './schema.js';
import { isDuplicate, isText, Table } from './table.js';

/** `EphemeralStore` on the table `auth_ephemeral`. */
export class TypeOrmEphemeralStore implements EphemeralStore {
  readonly #table: Table<AuthEphemeralEntity>;

  constructor(db: DataSource) {
    this.#table = new Table(db, 'AuthEphemeralEntity');
  }

  async put(key: string, value: string, ttl: number): Promise<void> {
    const { family, names: c } = this.#table;
    const conflict = family === 'mysql' ? 'ON DUPLICATE KEY UPDATE' : `ON CONFLICT (${c.key}) DO UPDATE SET`;
    await this.#table.run(
      `${this.#insert} ${conflict} ${c.value} = :value, ${c.expiresAt} = :until`,
      this.#entry(key, value, ttl),
    );
  }

  async take(key: string): Promise<string | null> {
    if (!isText(key)) return null;
    const { name, names, deleteReturns } = this.#table;
    const remove = `DELETE FROM ${name} WHERE ${names.key} = :key AND ${names.expiresAt} > :now`;
    if (deleteReturns) return this.#valueBy(`${remove} RETURNING ${this.#table.columns('value')}`, key);
    return this.#table.transaction(async (runner) => {
      const value = await this.#valueBy(`${this.#select} FOR UPDATE`, key, runner);
      if (value !== null) await this.#table.run(remove, { key, now: this.#now() }, runner);
      return value;
    });
  }

  async putIfAbsent(key: string, value: string, ttl: number): Promise<boolean> {
    const { family, name, names: c } = this.#table;
    const entry = this.#entry(key, value, ttl);
    const overwrite = `${c.value} = :value, ${c.expiresAt} = :until`;
    if (family !== 'mysql') {
      const whereExpired = `WHERE ${name}.${c.expiresAt} <= :now`;
      const sql = `${this.#insert} ON CONFLICT (${c.key}) DO UPDATE SET ${overwrite} ${whereExpired}`;
      return (await this.#table.change(sql, entry)) === 1;
    }
    // On MySQL the number of affected rows does not tell a new row from an unchanged one.
    try {
      await this.#table.run(this.#insert, entry);
      return true;
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const sql = `UPDATE ${name} SET ${overwrite} WHERE ${c.key} = :key AND ${c.expiresAt} <= :now`;
      return (await this.#table.change(sql, entry)) === 1;
    }
  }

  async get(key: string): Promise<string | null> {
    return isText(key) ? this.#valueBy(this.#select, key) : null;
  }

  deleteExpired(): Promise<number> {
    const { name, names } = this.#table;
    return this.#table.change(`DELETE FROM ${name} WHERE ${names.expiresAt} <= :now`, { now: this.#now() });
  }

  get #insert(): string {
    const { name, names: c } = this.#table;
    return `INSERT INTO ${name} (${c.key}, ${c.value}, ${c.expiresAt}) VALUES (:key, :value, :until)`;
  }

  get #select(): string {
    const { name, names: c } = this.#table;
    return `SELECT ${this.#table.columns('value')} FROM ${name} WHERE ${c.key} = :key AND ${c.expiresAt} > :now`;
  }

  #entry(key: string, value: string, ttl: number) {
    if (!isText(key) || !isText(value) || !Number.isFinite(ttl))
      throw new TypeError('The key or the value is not a string without NUL, or the lifetime is not a number.');
    return { key, value, now: this.#now(), until: this.#table.time(new Date(Date.now() + ttl * 1000)) };
  }

  #now(): Date | string {
    return this.#table.time(new Date());
  }

  async #valueBy(sql: string, key: string, runner?: QueryRunner): Promise<string | null> {
    const { rows } = await this.#table.run(sql, { key, now: this.#now() }, runner);
    return rows[0] ? String(rows[0].value) : null;
  }
}
