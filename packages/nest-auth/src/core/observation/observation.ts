import { AuthError } from '../errors/auth-error.js';
import { Trace } from '../errors/trace.js';
import { DecisionObservers } from './decision-observers.js';
import type { Decision, Observer } from './observer.js';
import { OperationObservers } from './operation-observers.js';

interface Entry {
  readonly feature: string;
  readonly observer: Observer;
  isOn: boolean;
}

/**
 * Who observes the library. Both members are `undefined` while no feature observes, so that nobody pays more than the
 * check of a field.
 */
export class Observation {
  decisions: DecisionObservers | undefined;
  operations: OperationObservers | undefined;
  readonly #entries: Entry[] = [];
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
    const entry: Entry = { feature, observer, isOn: observer.onDemand === undefined };
    this.#entries.push(entry);
    this.#call(feature, 'onDemand', () =>
      observer.onDemand?.((isOn) => {
        if (isOn === entry.isOn) return;
        entry.isOn = isOn;
        this.#gather();
      }),
    );
    this.#gather();
  }

  /** Anew, because what is being observed goes on with the observers that it began with. */
  #gather(): void {
    const entries = this.#entries.filter(({ isOn }) => isOn);
    const deciding = entries.filter(({ observer }) => observer.decided);
    const operating = entries.filter(({ observer }) => observer.started);
    this.decisions = deciding.length > 0 ? new DecisionObservers(this.clock) : undefined;
    for (const entry of deciding) this.decisions?.add((decision) => this.#decided(entry, decision));
    this.operations = operating.length > 0 ? new OperationObservers(this.clock) : undefined;
    for (const { feature, observer } of operating) {
      this.operations?.add({
        started: (operation) => this.#call(feature, 'started', () => observer.started?.(operation)),
        within: (watch, run) => this.#call(feature, 'within', () => watch.within?.(run)),
        ended: (watch, outcome) => this.#call(feature, 'ended', () => watch.ended?.(outcome)),
      });
    }
  }

  #decided(entry: Entry, decision: Decision): void {
    if (entry.isOn) this.#call(entry.feature, 'decided', () => entry.observer.decided?.(decision));
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
