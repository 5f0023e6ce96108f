import type { Table } from '../fields/field.js';
import type { FeatureRule } from '../option-reader.js';

/** The optional methods and ports that a feature needs, by port. */
export interface Capabilities {
  readonly userStore?: readonly string[];
  readonly sessionStore?: readonly string[];
  /** The feature stores data in it, so production refuses the default store in memory. */
  readonly ephemeralStore?: boolean;
  /** The feature stores credentials in it, so production refuses the default store in memory. */
  readonly credentialStore?: boolean;
  readonly mailer?: boolean;
}

/** A feature, as far as the options are concerned. */
export interface ConfigurableFeature {
  /** Also the key of its own options, if it has any. */
  readonly name: string;
  readonly needs?: Capabilities;
  readonly options?: Table;
  readonly rules?: readonly FeatureRule<never>[];
  readonly problem?: () => string | undefined;
}

/**
 * What a feature needs and the stores lack, as text for the boot message.
 * @param isSound whether nothing is wrong with a port by itself
 */
export function missingCapabilities(
  { name, needs = {} }: ConfigurableFeature,
  given: {
    readonly userStore: object;
    readonly sessionStore: object;
    readonly mailer?: object;
  },
  isSound: (port: string) => boolean,
): string[] {
  const problems: string[] = [];
  for (const port of (['userStore', 'sessionStore'] as const).filter(isSound)) {
    const lacking = (needs[port] ?? []).filter((method) => typeof Reflect.get(given[port], method) !== 'function');
    if (lacking.length > 0) problems.push(`${port}: the feature '${name}' needs it to have ${lacking.join(', ')}.`);
  }
  if (needs.mailer && !given.mailer && isSound('mailer'))
    problems.push(
      `mailer: the feature '${name}' needs one; pass it beside userStore, new ConsoleMailer() while you develop.`,
    );
  return problems;
}
