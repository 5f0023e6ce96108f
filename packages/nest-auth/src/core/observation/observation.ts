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
 * The observers of the library. Both members are `undefined` while no feature observes, so each call only checks a field.
 */
export class Observation {
  decisions: DecisionObservers | undefined;
  operations: OperationObservers | undefined;
  readonly #entries: Entry[] = [];
  readonly #told = new Set<string>();

  /**
   * @param report receives what an observer throws
   * @param clock in milliseconds, from any start
   */
  constructor(
    private readonly report: (error: unknown) => void,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  /** @param feature the name of the feature that observes */
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

  /** Makes new lists: a running operation keeps the observers that it began with. */
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
      // If the method is async by mistake, its rejection would end the process.
      if (answer instanceof Promise) answer.catch((error: unknown) => this.#tell(feature, method, error));
      return answer;
    } catch (error) {
      this.#tell(feature, method, error);
      return undefined;
    }
  }

  /** Reported once for each method, because it would fail for each request. */
  #tell(feature: string, method: string, error: unknown): void {
    const name = `${feature}: ${method}`;
    if (this.#told.has(name)) return;
    this.#told.add(name);
    const message = `The observer of the feature ${feature} failed in ${method}. Nothing else is affected. Later failures are not logged.`;
    this.report(new AuthError('contract_broken', { message, cause: Trace.of(error) }));
  }
}
