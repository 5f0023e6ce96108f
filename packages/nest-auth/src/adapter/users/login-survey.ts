import { isNormalised, normalised } from './same-login.js';

/** The SQL of a warning, in the dialect of the database and with its names. */
export interface LoginSql {
  /** The table and its column: `users.email`. */
  readonly column: string;
  /** Finds logins with capital letters or spaces at their ends. */
  readonly unnormalised: string;
  /** Finds rows whose logins differ only in case and spaces. */
  readonly twins: string;
}

export type Dialect = 'postgres' | 'mysql' | 'sqlite';

/** Compares two texts byte by byte, independent of the collation of the column. */
const DIFFER: Readonly<Record<Dialect, (a: string, b: string) => string>> = {
  postgres: (a, b) => `${a}::text <> ${b}::text`,
  mysql: (a, b) => `CAST(${a} AS BINARY) <> CAST(${b} AS BINARY)`,
  sqlite: (a, b) => `${a} <> ${b} COLLATE BINARY`,
};

/** The names of the table and the column must be written as in SQL. */
export function loginSql(dialect: Dialect, table: string, column: string): LoginSql {
  const form = `lower(trim(${column}))`;
  return {
    column: `${table}.${column}`,
    unnormalised: `SELECT * FROM ${table} WHERE ${DIFFER[dialect](column, form)}`,
    twins: `SELECT ${form}, count(*) FROM ${table} GROUP BY ${form} HAVING count(*) > 1`,
  };
}

/** How many rows are read. A survey runs once in a process, and must be cheap on a table of any size. */
const SAMPLE = 10_000;

interface Findings {
  readonly rows: number;
  readonly unnormalised: number;
  readonly twins: number;
}

/** Looks once for logins that are not in the library's form: `normaliseLogin(stored) !== stored`. */
export class LoginSurvey {
  #findings: Promise<Findings> | undefined;

  constructor(
    private readonly logins: (limit: number) => Promise<readonly string[]>,
    private readonly mixedCase: boolean,
    private readonly sql: LoginSql,
  ) {}

  async foundUnnormalised(): Promise<boolean> {
    return (await this.#run()).unnormalised > 0;
  }

  async warnings(): Promise<readonly string[]> {
    const { rows, unnormalised, twins } = await this.#run();
    const among = rows < SAMPLE ? '' : ` among the first ${SAMPLE} rows`;
    const warnings: string[] = [];
    if (unnormalised > 0) {
      const effect = this.mixedCase
        ? 'They are looked up by lower(…), which needs an index.'
        : "Users with such a login may not be able to log in. Normalise the rows, or set `logins: 'mixed-case'`.";
      warnings.push(
        `Not normalised: ${unnormalised} logins of ${this.sql.column}${among}. ${effect} ` +
          `This finds most of them: ${this.sql.unnormalised}. See https://github.com/acme/nest-auth/blob/main/docs/guides/your-users-table.md`,
      );
    }
    if (twins > 0) {
      warnings.push(
        `Ambiguous: ${twins} logins of ${this.sql.column} belong to several rows${among}, and are refused if the lookup ` +
          `finds them all. This finds most of them: ${this.sql.twins}. Keep one row of each.`,
      );
    }
    return warnings;
  }

  /** Runs once; a failed run is tried again. */
  #run(): Promise<Findings> {
    this.#findings ??= this.#look().catch((error: unknown) => {
      this.#findings = undefined;
      throw error;
    });
    return this.#findings;
  }

  async #look(): Promise<Findings> {
    const logins = await this.logins(SAMPLE);
    const counts = new Map<string, number>();
    for (const login of logins) {
      const form = normalised(login) ?? login;
      counts.set(form, (counts.get(form) ?? 0) + 1);
    }
    return {
      rows: logins.length,
      unnormalised: logins.filter((login) => !isNormalised(login)).length,
      twins: [...counts.values()].filter((count) => count > 1).length,
    };
  }
}
