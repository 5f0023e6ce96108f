/** The meaning of error codes of PostgreSQL, MariaDB, MySQL, Prisma and Node. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [
    /\b(42P01|ER_NO_SUCH_TABLE|P2021)\b/,
    'a table is missing: run the migration of the adapter (migrations/ of the package)',
  ],
  [
    /\b(42703|ER_BAD_FIELD_ERROR|P2022)\b/,
    'a table lacks a column: compare it with the migration of the adapter (migrations/ of the package)',
  ],
  [/\b(ECONNREFUSED|ENOTFOUND|P1001)\b/, 'the database does not answer: is it running, and is its address right?'],
  [/\b(28P01|28000|ER_ACCESS_DENIED_ERROR|P1000)\b/, 'the database does not accept the user or the password'],
  [/\b(3D000|ER_BAD_DB_ERROR|P1003)\b/, 'the database is missing: create it'],
  [/\b(42501|ER_TABLEACCESS_DENIED_ERROR)\b/, 'the user of the database may not read a table: grant it'],
];

/** What an error of a database means, and its codes: `: the database is missing: create it (error 3D000)`. */
export function explained(error: unknown): string {
  const codes = codesOf(error);
  const meaning = MEANINGS.find(([code]) => code.test(codes))?.[1];
  return `${meaning ? `: ${meaning}` : ''} (${codes})`;
}

/** Names and codes of an error and its causes. Messages are left out, because drivers quote values. */
function codesOf(error: unknown): string {
  const { name, code, cause } = Object(error) as { readonly name?: string; readonly code?: string; cause?: unknown };
  const own = [name, code].filter((part) => typeof part === 'string').join(' ');
  return cause === undefined ? own : `${own}, caused by ${codesOf(cause)}`;
}
