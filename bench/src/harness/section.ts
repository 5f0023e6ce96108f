/** A Node to measure on. */
export interface Runtime {
  readonly name: string;
  /** The executable. */
  readonly path: string;
}

export interface Run {
  /** A look in place of a measurement: everything runs, the figures mean little. */
  readonly quick: boolean;
  readonly nodes: readonly Runtime[];
  /** Tells how far it is. */
  log(line: string): void;
}

/** One thing that was promised, and how it came out. */
export interface Goal {
  readonly what: string;
  readonly limit: string;
  readonly measured: number;
  readonly met: boolean;
}

/** What a section found: Markdown, goals, and what it left out by name and for what reason. */
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

/** The first line of what went wrong. */
export function reason(error: unknown): string {
  return error instanceof Error
    ? (error.message.split('\n').find((line) => line.trim() !== '') ?? error.name)
    : String(error);
}
