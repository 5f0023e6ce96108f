import { AuthError } from '../core/errors/auth-error.js';
import { kindOf } from './value-kind.js';

/** A rule for several options together. */
export interface Rule<Settings> {
  /** The option that the message names. */
  readonly option: string;
  /** The further options that the rule reads. */
  readonly reads?: readonly string[];
  /** Returns what is wrong and what to do, or a falsy value. Called only if each of the options is valid by itself. */
  readonly problem: (settings: Settings) => string | false | undefined;
}

/** Like `Rule`, for the options of one feature. */
export interface FeatureRule<Settings> extends Omit<Rule<Settings>, 'problem'> {
  /** Like `Rule.problem`. @param now in milliseconds since the epoch */
  readonly problem: (settings: Settings, now: number) => string | false | undefined;
}

/** Collects all problems, so that one boot shows all of them. */
export class OptionReader {
  readonly #lines: string[] = [];
  readonly #wrong: string[] = [];

  get any(): boolean {
    return this.#lines.length > 0;
  }

  /** @param index of the entry, as `[0]`, if the option is a list */
  add(option: string, problem: string, index = ''): undefined {
    this.#wrong.push(option);
    this.addLine(`${option}${index} ${problem}.`);
  }

  addLine(line: string): void {
    this.#lines.push(line.endsWith('.') ? line : `${line}.`);
  }

  /** Whether nothing is wrong with these options so far. */
  isSound(...options: readonly string[]): boolean {
    const isBelow = (path: string, other: string) =>
      path === other || (path.startsWith(other) && /^[.[]/.test(path.slice(other.length)));
    return !options.some((path) => this.#wrong.some((wrong) => isBelow(wrong, path) || isBelow(path, wrong)));
  }

  check<Settings>(rules: readonly Rule<Settings>[], settings: Settings): void {
    for (const { option, reads = [], problem } of rules) {
      const found = this.isSound(option, ...reads) && problem(settings);
      if (found) this.add(option, found);
    }
  }

  /** The factory did not return an options object. */
  noOptions(given: unknown, method: string): AuthError {
    const isMissing = given === undefined || given === null;
    if (isMissing) this.add('options', `are missing; return them from useFactory or ${method}`);
    else this.add('options', `are ${kindOf(given)}; return an object from useFactory or ${method}`);
    return this.error();
  }

  error(): AuthError {
    const lines = this.#lines.map((line) => `  - ${line}`).join('\n');
    return new AuthError('invalid_configuration', { message: `AuthModule cannot start:\n${lines}` });
  }
}
