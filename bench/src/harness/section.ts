/** A Node to measure on. */
export interface Runtime {
  readonly name: string;
  /** The executable. */
  readonly path: string;
}

export interface Run {
  /** A quick check in place of a measurement: everything runs, the figures mean little. */
  readonly quick: boolean;
  readonly nodes: readonly Runtime[];
  /** Reports the progress. */
  log(line: string): void;
}

/** One goal, and its result. */
export interface Goal {
  readonly what: string;
  readonly limit: string;
  readonly measured: number;
  readonly met: boolean;
}

/** The result of a section: Markdown, goals, and the parts that it left out, with the reasons. */
export interface Findings {
  readonly text: string;
  readonly goals: readonly Goal[];
  readonly skipped: readonly string[];
}

export function atLeast(what: string, limit: number, measured: number): Goal {
  return { what, limit: `>= ${limit}`, measured, met: measured >= limit };
}

export function atMost(what: string, limit: number, measured: number): Goal {
  return { what, limit: `<= ${limit}`, measured, met: measured <= limit };
}

/** The first line of an error. */
export function reason(error: unknown): string {
  return error instanceof Error
    ? (error.message.split('\n').find((line) => line.trim() !== '') ?? error.name)
    : String(error);
}
