/** When something happened, by both clocks of the process, in milliseconds. */
export interface Moment {
  readonly wall: number;
  readonly steady: number;
}

/** Before everything: infinitely long ago. */
export const NEVER: Moment = { wall: Number.NEGATIVE_INFINITY, steady: Number.NEGATIVE_INFINITY };

/** The process's own clocks. Not the app's `clock`, because tests move it, and a move looks like a freeze. */
export interface ProcessClocks {
  /** The time of day. Runs on while a virtual machine is suspended, but can be set, forwards and backwards. */
  readonly wall: () => number;
  /** Cannot be set, but stands still while a virtual machine is suspended (CLOCK_MONOTONIC). */
  readonly steady: () => number;
}

// Looked up at each call, so that fake timers of a test are used.
const PROCESS_CLOCKS: ProcessClocks = { wall: () => Date.now(), steady: () => performance.now() };

/**
 * Measures ages that stay right if the process was stopped: a signal, a suspended machine, a blocked event loop, a clock
 * that was set. No timer can do that, because timers stop too.
 */
export class ElapsedTime {
  constructor(private readonly clocks: ProcessClocks = PROCESS_CLOCKS) {}

  now(): Moment {
    return { wall: this.clocks.wall(), steady: this.clocks.steady() };
  }

  /**
   * Whether a moment is at most `limit` milliseconds ago by both clocks. If the wall clock was set back, the age is
   * unknown and the answer `false`.
   * @param wall the time of day, if the caller has just read it
   */
  isWithin(limit: number, { wall: then, steady }: Moment, wall = this.clocks.wall()): boolean {
    return wall >= then && wall - then <= limit && this.clocks.steady() - steady <= limit;
  }

  /**
   * About how far the wall clock was set between two moments, or how long the machine was suspended, in milliseconds.
   */
  jump(from: Moment, to: Moment): number {
    return Math.abs(to.wall - from.wall - (to.steady - from.steady));
  }
}
