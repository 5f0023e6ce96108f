/** The consumers and the versions of Node on which each is tried. Each is one row of the table. */
export const NODES = ['20', '22', '24'];

export const CONSUMERS = [
  { name: 'Nest 11 starter, CommonJS, jest, adapters', kind: 'starter', nest: 'nest-11', type: 'cjs', adapters: true },
  {
    name: 'Nest 12 starter, CommonJS, jest',
    kind: 'starter',
    nest: 'nest-12',
    type: 'cjs',
    // Nest 12 is only ESM, and jest can require ESM only since this Node. On older ones the starter's own tests fail
    // too.
    jestCannot: { before: [24, 9], error: /Must use import to load ES Module: .*[/\\]@nestjs[/\\]/ },
  },
  { name: 'Nest 12 starter, ESM, vitest', kind: 'starter', nest: 'nest-12', type: 'esm' },
  { name: 'Nest 11 app, CommonJS, adapters', kind: 'plain', nest: 'nest-11', type: 'cjs', adapters: true },
  { name: 'Nest 11 app, ESM, adapters', kind: 'plain', nest: 'nest-11', type: 'esm', adapters: true },
  { name: 'Nest 12 app, CommonJS, adapters', kind: 'plain', nest: 'nest-12', type: 'cjs', adapters: true },
  { name: 'Nest 12 app, ESM, adapters', kind: 'plain', nest: 'nest-12', type: 'esm', adapters: true },
];

const AXES = {
  kind: ['starter', 'plain'],
  nest: ['nest-11', 'nest-12'],
  type: ['cjs', 'esm'],
  node: NODES,
};

/**
 * Returns the cells that the words name, such as `nest-12 esm 22`: the named values of each axis, or all if none is
 * named.
 * @throws {Error} when a word is unknown or nothing is left
 */
export function select(words) {
  const known = Object.values(AXES).flat();
  const unknown = words.filter((word) => !known.includes(word));
  if (unknown.length > 0) throw new Error(`Unknown: ${unknown.join(', ')}. There is: ${known.join(', ')}.`);

  const named = (axis) => AXES[axis].filter((value) => words.includes(value));
  const wanted = (axis, value) => named(axis).length === 0 || named(axis).includes(value);
  const consumers = CONSUMERS.filter((one) => ['kind', 'nest', 'type'].every((axis) => wanted(axis, one[axis])));
  if (consumers.length === 0) throw new Error(`No consumer is all of: ${words.join(', ')}.`);
  return { consumers, nodes: NODES.filter((node) => wanted('node', node)) };
}
