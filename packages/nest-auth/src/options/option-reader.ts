import type { AttemptBudget } from '../core/attempt-limit.js';
import { AuthError } from '../core/auth-error.js';
import { type Duration, seconds } from '../core/time.js';
import type { AuthOptions } from './auth-options.js';
import { kindOf } from './value-kind.js';

/** In seconds. A timer holds 24.8 days at most, and counters in memory have one for each key. */
const LONGEST_WINDOW = 14 * 24 * 60 * 60;

/** `sockets` with the defaults filled in. */
export interface SocketSettings {
  readonly cookie: string | undefined;
  readonly origins: readonly string[];
}

/** Collects what is wrong, so that one boot shows all of it. */
export class OptionReader {
  readonly #lines: string[] = [];

  get any(): boolean {
    return this.#lines.length > 0;
  }

  add(option: string, problem: string): void {
    this.addLine(`${option} ${problem}.`);
  }

  addLine(line: string): void {
    this.#lines.push(line.endsWith('.') ? line : `${line}.`);
  }

  duration(option: string, value: Duration, least: number, most: number): number {
    try {
      const result = seconds(value);
      if (result < least || result > most) this.add(option, `is ${result} seconds; it must be ${least} to ${most}`);
      return result;
    } catch (error) {
      this.add(option, (error as RangeError).message);
      return most;
    }
  }

  integer(option: string, value: number, least: number, most: number): number {
    if (typeof value !== 'number') this.add(option, `is ${kindOf(value)}; write a number from ${least} to ${most}`);
    else if (!Number.isInteger(value) || value < least || value > most)
      this.add(option, `is ${value}; it must be ${least} to ${most}`);
    return value;
  }

  budget(
    option: string,
    { points, duration }: { readonly points: number; readonly duration: Duration },
  ): AttemptBudget {
    return {
      points: this.integer(`${option}.points`, points, 1, 1_000_000),
      duration: this.duration(`${option}.duration`, duration, 1, LONGEST_WINDOW),
    };
  }

  sockets({ cookie, origins = [] }: NonNullable<AuthOptions['sockets']> = {}): SocketSettings {
    if (cookie !== undefined && !/^[\w!#$%&'*+.^`|~-]+$/.test(cookie))
      this.add('sockets.cookie', "is no name for a cookie; write '__Host-access' or the like");
    for (const origin of origins) {
      if (!URL.canParse(origin) || new URL(origin).origin !== origin)
        this.add('sockets.origins', "has what is no origin; write 'https://app.example.org', without a path");
    }
    return { cookie, origins };
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
