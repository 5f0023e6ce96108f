import { AuthError } from '../errors/auth-error.js';
import type { Policy } from '../policy/policy.js';
import type { CallContext, Decision, Refusal } from './observer.js';
import { refusalFrom } from './refusal.js';

/** Filled in while a decision is made. */
export interface DecisionNotes {
  policy?: Policy;
  caller?: unknown;
  /** The reason of the refusal, before a transport translates it. */
  refusal?: unknown;
}

/** Tells observers about decisions. */
export class DecisionObservers {
  readonly #observers: ((decision: Decision) => void)[] = [];

  constructor(private readonly clock: () => number) {}

  /** @param observer must not throw */
  add(observer: (decision: Decision) => void): void {
    this.#observers.push(observer);
  }

  /**
   * Makes a decision and tells the observers.
   * @param decide returns what a guard returns
   * @returns what `decide` returns; throws what it throws
   */
  watch(
    context: CallContext,
    decide: (notes: DecisionNotes) => boolean | Promise<boolean>,
  ): boolean | Promise<boolean> {
    const notes: DecisionNotes = {};
    const started = this.clock();
    const tell = (refusal?: Refusal) => this.#tell({ transport: context.getType(), context }, notes, refusal, started);
    const decided = (allowed: boolean) => {
      // A subclass of the guard may return false.
      tell(allowed ? undefined : refusalFrom(new AuthError('insufficient_scope')));
      return allowed;
    };
    const refused = (thrown: unknown): never => {
      tell(refusalFrom(notes.refusal ?? thrown));
      throw thrown;
    };
    let answer: boolean | Promise<boolean>;
    try {
      answer = decide(notes);
    } catch (thrown) {
      return refused(thrown);
    }
    return answer instanceof Promise ? answer.then(decided, refused) : decided(answer);
  }

  /** Admits a socket and tells the observers. @returns the caller, as `admit` does */
  async watchSocket(admit: () => Promise<unknown>): Promise<unknown> {
    const started = this.clock();
    try {
      const caller = await admit();
      this.#tell({ transport: 'ws' }, { caller }, undefined, started);
      return caller;
    } catch (error) {
      this.#tell({ transport: 'ws' }, {}, refusalFrom(error), started);
      throw error;
    }
  }

  #tell(
    call: Pick<Decision, 'transport' | 'context'>,
    { policy, caller = null }: DecisionNotes,
    refusal: Refusal | undefined,
    started: number,
  ): void {
    const milliseconds = this.clock() - started;
    const decision: Decision = Object.freeze({ ...call, policy, caller, refusal, milliseconds });
    for (const observer of this.#observers) observer(decision);
  }
}
