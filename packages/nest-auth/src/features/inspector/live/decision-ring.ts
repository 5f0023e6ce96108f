import type { ShownDecision } from '../wire.js';

/** The last decisions. When the ring is full, each new decision replaces the oldest. */
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
   * The decisions after the last one that was seen.
   * @param seen its `seq`; 0 for none
   * @returns `missed` counts the decisions after it that the ring no longer has
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

  /** Forgets all decisions, but continues to count. */
  clear(): void {
    this.#decisions = [];
  }
}
