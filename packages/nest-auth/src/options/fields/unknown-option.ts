/** The message about a key that is not in a table, by the names of the options that shape the module. */
export function unknownOption(statics: readonly string[], of = '') {
  return (key: string, known: string): string =>
    statics.includes(key)
      ? 'shapes the module; write it beside useFactory, not into what it returns'
      : `is not an option${of}; choose from ${known}${statics.includes('features') ? '; if it belongs to a feature, add that to features' : ''}`;
}
