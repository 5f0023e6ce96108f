/** The codes of PostgreSQL and MySQL for a missing table. */
const NO_TABLE = /^(42P01|ER_NO_SUCH_TABLE)$/;

/** The name and the code of an error, and what to do if it is known. Not its message, because drivers quote values in it. */
export function summaryOf(error: unknown): string {
  const remedy = NO_TABLE.test(String(read(error, 'code'))) ? ': its table is missing; make it with auditTable()' : '';
  return `${namesOf(error)}${remedy}`;
}

function namesOf(error: unknown): string {
  const name = read(error, 'name');
  const code = read(error, 'code');
  const parts = [
    typeof name === 'string' && /^[A-Za-z]\w{0,63}$/.test(name) ? name : 'Error',
    /^[A-Za-z0-9][\w.-]{0,31}$/.test(String(code)) && code !== undefined ? String(code) : '',
  ];
  return parts.filter(Boolean).join(' ');
}

/** `undefined` for a getter that throws. */
function read(error: unknown, key: string): unknown {
  try {
    return typeof error === 'object' && error !== null ? Reflect.get(error, key) : undefined;
  } catch {
    return undefined;
  }
}
