import { type EphemeralQueries, isDuplicate, TableEphemeralStore } from '@acme/nest-auth/adapter';
import type { DataSource, QueryRunner } from 'typeorm';
import type { AuthEphemeralEntity } from './schema.js';
import { Table } from './table.js';

/** `EphemeralStore` on the table `auth_ephemeral`. */
export class TypeOrmEphemeralStore extends TableEphemeralStore {
  constructor(db: DataSource) {
    super(queriesOf(new Table(db, 'AuthEphemeralEntity')));
  }
}

function queriesOf(table: Table<AuthEphemeralEntity>): EphemeralQueries {
  const { family, name, names: c, deleteReturns } = table;
  const insert = table.insertion('key', 'value', 'expiresAt');
  const overwrite = `${c.value} = :value, ${c.expiresAt} = :expiresAt`;
  const select = `SELECT ${table.columns('value')} FROM ${name} WHERE ${c.key} = :key AND ${c.expiresAt} > :now`;
  const remove = `DELETE FROM ${name} WHERE ${c.key} = :key AND ${c.expiresAt} > :now`;
  const onConflict = family === 'mysql' ? 'ON DUPLICATE KEY UPDATE' : `ON CONFLICT (${c.key}) DO UPDATE SET`;
  const read = async (sql: string, parameters: object, runner?: QueryRunner) => {
    const { rows } = await table.run(sql, parameters, runner);
    return rows[0] && { value: String(rows[0].value) };
  };
  return {
    put: (row) => table.run(`${insert} ${onConflict} ${overwrite}`, row),
    take: (key, now) => {
      const parameters = { key, now };
      if (deleteReturns) return read(`${remove} RETURNING ${table.columns('value')}`, parameters);
      return table.transaction(async (runner) => {
        const found = await read(`${select} FOR UPDATE`, parameters, runner);
        if (found) await table.run(remove, parameters, runner);
        return found;
      });
    },
    putIfAbsent: async (row, now) => {
      const entry = { ...row, now };
      if (family !== 'mysql')
        return table.change(`${insert} ${onConflict} ${overwrite} WHERE ${name}.${c.expiresAt} <= :now`, entry);
      // On MySQL the number of affected rows is the same for a new row and an unchanged one.
      try {
        await table.run(insert, entry);
        return 1;
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        return table.change(`UPDATE ${name} SET ${overwrite} WHERE ${c.key} = :key AND ${c.expiresAt} <= :now`, entry);
      }
    },
    get: (key, now) => read(select, { key, now }),
    deleteExpired: (now) => table.change(`DELETE FROM ${name} WHERE ${c.expiresAt} <= :now`, { now }),
  };
}
