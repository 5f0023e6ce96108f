/** The apps that the CLIs make, each with one of their builders besides tsc. Nest 11 makes only CommonJS. */
const APPS = [
  { name: 'Nest 11, CommonJS, jest', nest: 'nest-11', type: 'cjs', builder: 'webpack' },
  { name: 'Nest 12, CommonJS, jest', nest: 'nest-12', type: 'cjs', builder: 'rspack' },
  { name: 'Nest 12, ESM, vitest', nest: 'nest-12', type: 'esm', builder: 'swc' },
];
const ORMS = ['none', 'typeorm', 'prisma', 'drizzle'];
const TRANSPORTS = ['bearer', 'cookie', 'both'];

/** Both CLIs and both module formats, each with another ORM. `--all` has the rest. */
const SELECTED = ['nest-11 cjs typeorm', 'nest-12 esm drizzle'];

const cells = APPS.flatMap((app, row) =>
  ORMS.map((orm, column) => ({ app, orm, transport: TRANSPORTS[(row + column) % TRANSPORTS.length] })),
);

/**
 * The apps, each with the ORMs that are tried in it. Words name cells, such as `nest-12 esm prisma`; `--all` names all
 * of them.
 * @throws {Error} when a word is unknown or nothing is left
 */
export function select(words) {
  const known = ['--all', 'nest-11', 'nest-12', 'cjs', 'esm', ...ORMS];
  const unknown = words.filter((word) => !known.includes(word));
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(', ')}. There is: ${known.join(', ')}.`);

  const wanted = cells.filter((cell) => {
    const axes = [cell.app.nest, cell.app.type, cell.orm];
    if (words.length === 0) return SELECTED.includes(axes.join(' '));
    const named = words.filter((word) => word !== '--all');
    return axes.every((value, axis) => isNamed(value, named, [['nest-11', 'nest-12'], ['cjs', 'esm'], ORMS][axis]));
  });
  if (wanted.length === 0) throw new Error(`No cell is all of: ${words.join(', ')}.`);
  return APPS.map((app) => ({ app, cells: wanted.filter((cell) => cell.app === app) })).filter(
    ({ cells: own }) => own.length > 0,
  );
}

function isNamed(value, words, values) {
  const named = words.filter((word) => values.includes(word));
  return named.length === 0 || named.includes(value);
}
