import { AuthEvents } from '@acme/nest-auth';
import { Inject, Injectable } from '@nestjs/common';
import type { ShownCount } from './wire.js';

/** Counts the events since the boot. It keeps only numbers: no user, no address. */
@Injectable()
export class EventCounts {
  readonly since = Date.now();
  readonly #events = new Map<string, number>();
  readonly #throttled = new Map<string, number>();

  constructor(@Inject(AuthEvents) events: AuthEvents) {
    events.subscribe((event) => {
      count(this.#events, event.type);
      if (event.type === 'throttled') count(this.#throttled, event.action);
    });
  }

  get events(): ShownCount[] {
    return listOf(this.#events);
  }

  /** The refused attempts, by kind of attempt. */
  get throttled(): ShownCount[] {
    return listOf(this.#throttled);
  }
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Sorts the most frequent first. */
function listOf(counts: ReadonlyMap<string, number>): ShownCount[] {
  return [...counts].map(([name, count]) => ({ name, count })).sort((one, other) => other.count - one.count);
}
