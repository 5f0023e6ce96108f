import type { ShownDecision } from '../wire.js';

/** The last decisions. When it is full, each new one takes the place of the oldest. */
export class DecisionRing {
  #decisions: ShownDecision[] = [];
  #last = 0;

  constructor(private readonly capacity: number) {}

  push(decision: Omit<ShownDecision, 'seq'>): void {
    if (this.#decisions.length >= this.capacity) this.#decisions.shift();
    this.#last++;
    this.#decisions.push({ seq: this.#last, ...decision });
  }

  /**
   * What came after one that was seen.
   * @param seen its `seq`; 0 for none
   * @returns `missed` counts those that came after it and are gone
   */
  after(seen: number): { readonly missed: number; readonly decisions: readonly ShownDecision[] } {
    const decisions = this.#decisions.filter(({ seq }) => seq > seen);
    return { missed: Math.max(0, this.#last - seen - decisions.length), decisions };
  }

  /** Whether one of them is about this caller. */
  hasCaller(id: string): boolean {
    return this.#decisions.some(({ caller }) => caller?.id === id);
  }

  /** The `seq` of the newest; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** Forgets all, but counts on. */
  clear(): void {
    this.#decisions = [];
  }
}
