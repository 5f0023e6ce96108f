import type { Decision, Observer } from '@acme/nest-auth';
import type { DecisionReader } from './decision-reader.js';
import { DecisionRing } from './decision-ring.js';
import { type Output, PageStream } from './page-stream.js';

/** How many decisions are kept. */
const KEPT = 200;
/** How many pages may be open at the same time. */
const MAX_PAGES = 20;
/** How long decisions are collected before pages get them, in milliseconds. */
const GATHERING = 100;
const CHECK_EACH = 1_000;
/** The number of checks between two heartbeats. */
const BEAT_EACH = 15;

/** An open page, and whether its reader may still see it. */
interface OpenPage {
  readonly stream: PageStream;
  readonly isAllowed: () => boolean | Promise<boolean>;
}

export interface LiveDecisionsOptions {
  readonly reader: Pick<DecisionReader, 'read'>;
  /** Whether a decision is about the inspector itself. */
  readonly isOwn: (decision: Decision) => boolean;
  /** In milliseconds since the epoch. */
  readonly now: () => number;
}

/** Sends decisions to the open pages. While no page is open, it observes nothing and keeps nothing. */
export class LiveDecisions {
  readonly #ring = new DecisionRing(KEPT);
  readonly #pages = new Set<OpenPage>();
  #turn: (isOn: boolean) => void = () => {};
  #gathering: NodeJS.Timeout | undefined;
  #checking: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(private readonly options: LiveDecisionsOptions) {}

  readonly observer: Observer = {
    onDemand: (turn) => {
      this.#turn = turn;
    },
    decided: (decision) => this.#decided(decision),
  };

  get pages(): number {
    return this.#pages.size;
  }

  /** Whether one of the kept decisions is about this caller. */
  hasCaller(id: string): boolean {
    return this.#ring.hasCaller(id);
  }

  /** Whether another page may be opened. */
  get hasRoom(): boolean {
    return !this.#isStopped && this.#pages.size < MAX_PAGES;
  }

  /**
   * Sends events until the page is closed, or its reader may no longer see it.
   * @param seen the last decision that the page has; 0 for none
   * @param isAllowed asked about once a second; a throw refuses
   */
  open(output: Output, seen: number, isAllowed: OpenPage['isAllowed']): void {
    // After a restart, `seen` is from the old count.
    const known = seen <= this.#ring.last ? seen : 0;
    const page: OpenPage = { stream: new PageStream(output, this.#ring, known), isAllowed };
    output.once('close', () => this.#remove(page));
    this.#pages.add(page);
    if (this.#pages.size === 1) this.#begin();
    page.stream.beat();
    page.stream.flush();
  }

  /** Ends all pages. No page can be opened afterwards. */
  stop(): void {
    this.#isStopped = true;
    for (const page of [...this.#pages]) this.#close(page);
  }

  #decided(decision: Decision): void {
    if (this.options.isOwn(decision)) return;
    this.#ring.push({ at: this.options.now(), ...this.options.reader.read(decision) });
    this.#gathering ??= setTimeout(() => this.#flush(), GATHERING).unref();
  }

  #flush(): void {
    this.#gathering = undefined;
    for (const { stream } of this.#pages) stream.flush();
  }

  #begin(): void {
    let checks = 0;
    this.#checking = setInterval(() => {
      checks++;
      for (const page of this.#pages) {
        if (checks % BEAT_EACH === 0) page.stream.beat();
        void this.#check(page);
      }
    }, CHECK_EACH).unref();
    this.#turn(true);
  }

  async #check(page: OpenPage): Promise<void> {
    try {
      if (await page.isAllowed()) return;
    } catch {
      // The guard refuses by throwing.
    }
    this.#close(page);
  }

  #close(page: OpenPage): void {
    this.#remove(page);
    page.stream.end();
  }

  #remove(page: OpenPage): void {
    if (!this.#pages.delete(page) || this.#pages.size > 0) return;
    this.#turn(false);
    this.#ring.clear();
    clearInterval(this.#checking);
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
  }
}
