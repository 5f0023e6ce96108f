import passport from 'passport';
import { type Registry, registeredAs } from './passport-strategy.js';

interface Entry {
  readonly name: string;
  /** The strategy that had the name before. Only its own app keeps it alive. */
  readonly replaced: WeakRef<object> | undefined;
}

/**
 * Knows which of our strategies are registered with Passport. Its registry has one strategy for each name in the whole
 * process, so another strategy may silently replace ours.
 */
export class StrategyNames implements Registry {
  readonly #entries = new WeakMap<object, Entry>();
  readonly #released = new WeakSet<object>();

  use(name: string, strategy: object): void {
    const replaced = registeredAs(name);
    this.#entries.set(strategy, { name, replaced: replaced && new WeakRef(replaced) });
    passport.use(name, strategy as passport.Strategy);
  }

  /** The name of one of our strategies. */
  nameOf(strategy: object): string | undefined {
    return this.#entries.get(strategy)?.name;
  }

  /** The strategy that ours has replaced, and the one that has replaced ours. */
  rivalsOf(strategy: object): object[] {
    const name = this.nameOf(strategy);
    const now = name === undefined ? undefined : registeredAs(name);
    const isRival = (other?: object) => other !== undefined && other !== strategy && !this.#released.has(other);
    return [this.#replacedBy(strategy), now].filter(isRival) as object[];
  }

  /** When an app closes, the strategy before it gets its name back. */
  release(strategy: object): void {
    const name = this.nameOf(strategy);
    this.#released.add(strategy);
    if (name === undefined || registeredAs(name) !== strategy) return;
    const before = this.#replacedBy(strategy);
    if (before) passport.use(name, before as passport.Strategy);
    else passport.unuse(name);
  }

  /** The latest earlier strategy of the same name that is still in use. */
  #replacedBy(strategy: object): object | undefined {
    let before = this.#entries.get(strategy)?.replaced?.deref();
    while (before && this.#released.has(before)) before = this.#entries.get(before)?.replaced?.deref();
    return before;
  }
}

export const strategyNames = new StrategyNames();
