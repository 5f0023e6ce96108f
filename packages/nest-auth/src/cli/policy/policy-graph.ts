import { escapeHtml, type PolicyEntry, type PolicyList } from '@acme/nest-auth';

const ROW = 22;
const HEAD = 150;
const LEFT = 420;
const COLUMN = 34;

/** Who may call what as an SVG: a row for each handler, a column for everybody, for every user and for each role. */
export function policyGraph({ entries }: PolicyList): string {
  const roles = [...new Set(entries.flatMap(({ policy }) => [...policy.anyRole, ...policy.allRoles]))].sort();
  const columns = ['everybody', 'every user', ...roles.map((role) => `role ${role}`)];
  const width = LEFT + columns.length * COLUMN + 120;
  const height = HEAD + entries.length * ROW + 20;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Who may call what" font-family="ui-monospace, monospace" font-size="12">`,
    '<style>svg{background:#fff;color:#1c2128}text{fill:currentColor}.open{fill:#c93c37}.users{fill:#2f81f7}.role{fill:#3fb950}.part{fill:none;stroke:#3fb950;stroke-width:2}line{stroke:currentColor;opacity:.12}@media (prefers-color-scheme:dark){svg{background:#0d1117;color:#e6edf3}}</style>',
    ...columns.map(
      (name, index) =>
        `<text transform="translate(${centre(index) + 4} ${HEAD - 12}) rotate(-60)">${escapeHtml(name)}</text>`,
    ),
    ...entries.flatMap((entry, row) => rowOf(entry, row, columns, width)),
    '</svg>',
  ].join('\n');
}

function rowOf(entry: PolicyEntry, row: number, columns: readonly string[], width: number): string[] {
  const y = HEAD + row * ROW;
  const marks = columns.flatMap((column, index) => {
    const kind = kindOf(entry, column);
    return kind
      ? [
          `<circle class="${kind}" cx="${centre(index)}" cy="${y}" r="6"><title>${escapeHtml(`${entry.name}: ${column}`)}</title></circle>`,
        ]
      : [];
  });
  return [
    `<line x1="8" y1="${y + ROW / 2}" x2="${width - 8}" y2="${y + ROW / 2}"/>`,
    `<text x="8" y="${y + 4}">${escapeHtml(shortened(entry.name))}</text>`,
    ...marks,
  ];
}

/** A filled circle is enough by itself. An empty circle is one of several conditions. */
function kindOf(entry: PolicyEntry, column: string): string | undefined {
  const { access, anyRole, allRoles } = entry.policy;
  if (entry.isOpen) return column === 'everybody' ? 'open' : undefined;
  // A field that is left to its query, or a handler that a guard of a feature restricts.
  if (access !== 'authenticated') return undefined;
  if (anyRole.length + allRoles.length === 0) return column === 'every user' ? 'users' : undefined;
  const role = column.replace(/^role /, '');
  if (!column.startsWith('role ')) return undefined;
  if (allRoles.includes(role)) return allRoles.length > 1 || anyRole.length > 0 ? 'part' : 'role';
  if (anyRole.includes(role)) return allRoles.length > 0 ? 'part' : 'role';
  return undefined;
}

const centre = (column: number): number => LEFT + column * COLUMN + COLUMN / 2;
const shortened = (name: string): string => (name.length > 54 ? `${name.slice(0, 53)}…` : name);
