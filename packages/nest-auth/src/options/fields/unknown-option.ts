/**
 * The message about a key that is not in a table.
 * @param statics the names of the options that shape the module
 * @param of the owner of the options, unless it is the module
 */
export function unknownOption(given: object, statics: readonly string[], of = '') {
  const misplaced = misplacedFeatures(given);
  const remedy = statics.includes('features') ? '; if it belongs to a feature, add that to features' : '';
  return (key: string, known: string): string => {
    if (statics.includes(key)) return 'shapes the module; write it beside useFactory, not into what it returns';
    if (misplaced.includes(key)) return 'belongs to a feature; leave it here, and move only the feature';
    return `is not an option${of}; choose from ${known}${remedy}`;
  };
}

/** The names of features that a factory returns. The library does not read features there. */
function misplacedFeatures(given: object): unknown[] {
  const features = plainValue(given, 'features');
  return Array.isArray(features) ? features.map((feature) => plainValue(feature, 'name')) : [];
}

/** Calls no getter, because it may throw. */
function plainValue(of: unknown, key: string): unknown {
  return Object.getOwnPropertyDescriptor(Object(of), key)?.value;
}
