/** A part between two slashes. `mixed` is text with parameters, such as `:name.json`. */
interface Segment {
  readonly kind: 'text' | 'parameter' | 'wildcard' | 'mixed';
  /** For comparisons: without names of parameters, in lower case as routers do by default. */
  readonly text: string;
}
type Variant = readonly Segment[];

// Each optional group doubles the variants.
const MAX_GROUPS = 6;
const SAMPLE = 'some-value-7f3a';

/** Whether the first pattern matches every path of the second. `false` if that is not certain. */
export function covers(first: string, second: string): boolean {
  const variants = variantsOf(first);
  return variantsOf(second).every((variant) => variants.some((one) => variantCovers(one, variant)));
}

/** A path that the pattern matches and that no literal route has. */
export function sampleOf(pattern: string): string {
  const [variant = []] = variantsOf(pattern);
  const parts = variant.map(({ kind, text }) => (kind === 'text' ? text : text.replace(/[:*]/g, SAMPLE)));
  return `/${parts.join('/')}`;
}

/** The pattern without the names of its parameters, as a key. */
export function shapeOf(pattern: string): string {
  return shapesOf(pattern).join('|');
}

/** The keys of all variants of the pattern, with and without its optional groups. */
export function shapesOf(pattern: string): string[] {
  return variantsOf(pattern).map((variant) => variant.map(({ text }) => text).join('/'));
}

function variantCovers(first: Variant, second: Variant): boolean {
  for (const [index, segment] of first.entries()) {
    const other = second[index];
    if (!other) return false;
    if (segment.kind === 'wildcard') return index === first.length - 1;
    if (segment.kind === 'parameter' ? other.kind === 'wildcard' : segment.text !== other.text) return false;
  }
  return first.length === second.length;
}

function variantsOf(pattern: string): Variant[] {
  return expanded(pattern, MAX_GROUPS).map((path) =>
    path
      .split('/')
      .filter((part) => part !== '')
      .map(segmentOf),
  );
}

/** `/users{/:id}` is `/users/:id` and `/users`. */
function expanded(pattern: string, groups: number): string[] {
  const [, before = '', group = '', after = ''] = /^([^{]*)\{([^{}]*)\}(.*)$/.exec(pattern) ?? [];
  if (group === '' || groups === 0) return [pattern];
  return [`${before}${group}${after}`, `${before}${after}`].flatMap((one) => expanded(one, groups - 1));
}

function segmentOf(part: string): Segment {
  if (/^(?:\*\w*|\(\.\*\))$/.test(part)) return { kind: 'wildcard', text: '*' };
  if (/^:\w+$/.test(part)) return { kind: 'parameter', text: ':' };
  if (/[:*(]/.test(part)) return { kind: 'mixed', text: part.replace(/:\w+/g, ':').toLowerCase() };
  return { kind: 'text', text: part.toLowerCase() };
}
