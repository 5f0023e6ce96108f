/**
 * Whether a statement failed on a unique index. Walks the causes: Drizzle, TypeORM and some drivers wrap the
 * database's error.
 */
export function isDuplicate(error: unknown): boolean {
  let cause = error;
  for (let depth = 0; depth < 8 && typeof cause === 'object' && cause !== null; depth++) {
    const { code, errno, message, driverError, cause: next } = cause as Readonly<Record<string, unknown>>;
    // PostgreSQL, MariaDB and MySQL, Prisma. SQLite's drivers agree on the message only.
    if (code === '23505' || errno === 1062 || code === 'ER_DUP_ENTRY' || code === 'P2002') return true;
    if (typeof message === 'string' && message.includes('UNIQUE constraint failed')) return true;
    cause = driverError ?? next;
  }
  return false;
}
