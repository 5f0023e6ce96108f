import { type PolicyEntry, type PolicyList, policyText } from '@acme/nest-auth';
import { counted } from '../counted.js';

/** A table for people: findings first, then every handler, then the routes outside the guard. */
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
  const counts = [
    counted(entries.length, 'handler'),
    `${open} of them open`,
    ...(outside.length > 0 ? [`${counted(outside.length, 'route')} outside the guard`] : []),
    counted(findings.length, 'finding'),
  ].join(', ');
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
