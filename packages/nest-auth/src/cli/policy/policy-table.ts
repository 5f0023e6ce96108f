import { type PolicyEntry, type PolicyList, policyText } from '@acme/nest-auth';

/** A table for people: findings first, then every handler, then what answers without a guard. */
export function policyTable({ entries, outside, findings }: PolicyList): string {
  const rows = entries.map((entry) => [
    entry.name,
    policyText(entry),
    saidAt(entry),
    `${entry.className}.${entry.method ?? ''}`,
  ]);
  const others = outside.map(({ name }) => [name, 'outside the guard']);
  const table = aligned([['handler', 'who may call it', 'said by', 'method'], ...rows, ...others]);
  const open = entries.filter(({ isOpen }) => isOpen).length;
  const further = outside.length > 0 ? `, ${outside.length} routes outside the guard` : '';
  const counts = `${entries.length} handlers, ${open} of them open${further}, ${findings.length} findings`;
  const list = findings.map(({ code, message, remedy }) => `! ${code}: ${message} ${remedy}`);
  return [...list, ...(list.length > 0 ? [''] : []), ...table, '', counts].join('\n');
}

function saidAt({ source, className }: PolicyEntry): string {
  if (source.place === 'default') return 'nobody';
  return source.className === className ? source.place : `${source.place} of ${source.className}`;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((text, column) => text.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
