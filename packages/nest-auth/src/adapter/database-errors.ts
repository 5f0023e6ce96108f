type Fields = Readonly<Record<string, unknown>>;

/** Drizzle, TypeORM and some drivers wrap the database's error. */
function isCausedBy(error: unknown, matches: (fields: Fields) => boolean): boolean {
  let cause = error;
  for (let depth = 0; depth < 8 && typeof cause === 'object' && cause !== null; depth++) {
    if (matches(cause as Fields)) return true;
    const { driverError, cause: next } = cause as Fields;
    cause = driverError ?? next;
  }
  return false;
}

/** Whether a statement failed on a unique index. */
export function isDuplicate(error: unknown): boolean {
  return isCausedBy(error, ({ code, errno, message }) => {
    // PostgreSQL, MariaDB and MySQL, Prisma. SQLite's drivers have only the message in common.
    if (code === '23505' || errno === 1062 || code === 'ER_DUP_ENTRY' || code === 'P2002') return true;
    return typeof message === 'string' && message.includes('UNIQUE constraint failed');
  });
}

const MAX_TRIES = 5;

/**
 * Repeats a statement or a transaction that the database rolled back to end a deadlock. InnoDB reports deadlocks even
 * between single statements, and its manual tells applications to retry.
 * @param work one statement outside any transaction, or a whole transaction
 */
export async function againAfterDeadlock<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === MAX_TRIES || !isCausedBy(error, isDeadlock)) throw error;
    }
  }
}

/** MariaDB and MySQL, PostgreSQL. */
function isDeadlock({ code, errno }: Fields): boolean {
  return errno === 1213 || code === 'ER_LOCK_DEADLOCK' || code === '40P01';
}
