import type { ShownDecisions } from '../wire.js';
import type { DecisionRing } from './decision-ring.js';

/** The part of a Node.js response that is used. */
export interface Output {
  /** @returns false if the other side reads too slowly; `drain` follows */
  write(text: string): boolean;
  end(): unknown;
  once(event: 'drain' | 'close', listener: () => void): unknown;
  /** Exists with the middleware `compression`: sends its buffered data. */
  flush?(): void;
}

/**
 * The events of one open page. It keeps no queue: a page that reads slowly gets, when it is ready again, the decisions
 * that the ring still has, and how many it has missed.
 */
export class PageStream {
  #isReady = true;
  #isOpen = true;

  /** @param seen the last decision that the page has */
  constructor(
    private readonly output: Output,
    private readonly ring: DecisionRing,
    private seen: number,
  ) {}

  /** Sends the new decisions. */
  flush(): void {
    if (!this.#isReady || !this.#isOpen) return;
    const news: ShownDecisions = this.ring.after(this.seen);
    if (news.decisions.length === 0) return;
    this.seen = this.ring.last;
    this.#write(`id: ${this.seen}\nevent: decisions\ndata: ${JSON.stringify(news)}\n\n`);
  }

  /** Begins the stream, and prevents proxies from closing it. */
  beat(): void {
    if (this.#isReady && this.#isOpen) this.#write(': here\n\n');
  }

  end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.output.end();
  }

  #write(text: string): void {
    this.#isReady = this.output.write(text);
    this.output.flush?.();
    if (this.#isReady) return;
    this.output.once('drain', () => {
      this.#isReady = true;
      this.flush();
    });
  }
}
