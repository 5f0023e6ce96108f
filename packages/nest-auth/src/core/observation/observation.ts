import { AuthError } from '../errors/auth-error.js';
import { Trace } from '../errors/trace.js';
import { DecisionObservers } from './decision-observers.js';
import type { Observer } from './observer.js';
import { OperationObservers } from './operation-observers.js';

/**
 * Who observes the library. Both members are `undefined` until a feature observes, so that nobody else pays more than the
 * check of a field.
 */
export class Observation {
  decisions: DecisionObservers | undefined;
  operations: OperationObservers | undefined;
  readonly #told = new Set<string>();

  /**
   * @param report told what an observer throws
   * @param clock in milliseconds, from any beginning
   */
  constructor(
    private readonly report: (error: unknown) => void,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** @param feature who observes */
  add(feature: string, observer: Observer): void {
    if (observer.decided) {
      this.decisions ??= new DecisionObservers(this.clock);
      this.decisions.add((decision) => this.#call(feature, 'decided', () => observer.decided?.(decision)));
    }
    if (observer.started) {
      this.operations ??= new OperationObservers(this.clock);
      this.operations.add({
        started: (operation) => this.#call(feature, 'started', () => observer.started?.(operation)),
        within: (watch, run) => this.#call(feature, 'within', () => watch.within?.(run)),
        ended: (watch, outcome) => this.#call(feature, 'ended', () => watch.ended?.(outcome)),
      });
    }
  }

  #call<T>(feature: string, method: string, call: () => T): T | undefined {
    try {
      const answer = call();
      // An async method by mistake: its rejection would end the process.
      if (answer instanceof Promise) answer.catch((error: unknown) => this.#tell(feature, method, error));
      return answer;
    } catch (error) {
      this.#tell(feature, method, error);
      return undefined;
    }
  }

  /** Once: what fails for one request fails for each. */
  #tell(feature: string, method: string, error: unknown): void {
    const name = `${feature}: ${method}`;
    if (this.#told.has(name)) return;
    this.#told.add(name);
    const message = `The observer of the feature ${feature} failed in ${method}; nothing else did. This is said once.`;
    this.report(new AuthError('contract_broken', { message, cause: Trace.of(error) }));
  }
}
