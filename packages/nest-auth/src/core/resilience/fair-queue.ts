/** One entry that waits. */
export interface Waiting<T> {
  readonly value: T;
}

/** A place in the list of a network's entries. */
class Entry<T> implements Waiting<T> {
  older: Entry<T> | undefined;
  newer: Entry<T> | undefined;

  constructor(
    readonly value: T,
    readonly network: Network<T>,
  ) {}
}

/** How many newcomers in a row are served before networks that already had a turn. */
const NEWCOMERS_IN_A_ROW = 4;

/** The networks within a network or, if there are none, its entries. */
class Network<T> {
  /** How many entries wait here and within. */
  size = 0;
  oldest: Entry<T> | undefined;
  newest: Entry<T> | undefined;

  /** The networks within that wait for their first turn, and those that had one; the next in turn comes first. */
  readonly #newcomers = new Map<string, Network<T>>();
  readonly #others = new Map<string, Network<T>>();
  #newcomersInARow = 0;
  /** The networks within, by their size. */
  readonly #bySize: Set<Network<T>>[] = [];
  #largest = 0;

  constructor(
    readonly name: string,
    readonly parent: Network<T> | undefined,
  ) {}

  get largest(): Network<T> | undefined {
    return this.#bySize[this.#largest]?.values().next().value;
  }

  get(name: string): Network<T> | undefined {
    return this.#newcomers.get(name) ?? this.#others.get(name);
  }

  add(name: string): Network<T> {
    const network = new Network(name, this);
    this.#newcomers.set(name, network);
    return network;
  }

  /** The inner network whose turn it is; it moves to the end of the line. */
  rotate(): Network<T> | undefined {
    const newcomersFirst = this.#others.size === 0 || this.#newcomersInARow < NEWCOMERS_IN_A_ROW;
    const line = this.#newcomers.size > 0 && newcomersFirst ? this.#newcomers : this.#others;
    const next = line.values().next().value;
    if (!next) return undefined;
    this.#newcomersInARow = line === this.#newcomers ? this.#newcomersInARow + 1 : 0;
    line.delete(next.name);
    this.#others.set(next.name, next);
    return next;
  }

  /** Counts one entry more or less, in this network and in those that contain it. */
  count(by: 1 | -1): void {
    this.parent?.recount(this, by);
    this.size += by;
    this.parent?.count(by);
  }

  private recount(child: Network<T>, by: 1 | -1): void {
    const size = child.size + by;
    this.#bySize[child.size]?.delete(child);
    if (size === 0) {
      this.#newcomers.delete(child.name);
      this.#others.delete(child.name);
    } else {
      this.#bySize[size] ??= new Set();
      this.#bySize[size].add(child);
    }
    if (size > this.#largest) this.#largest = size;
    else if (!this.#bySize[this.#largest]?.size) this.#largest--;
  }
}

/**
 * A queue in which networks take turns, and so do the networks within each of them. A network that had nothing in the
 * queue goes ahead of those that already take turns, so that no network delays the others, however much it sends. Every
 * step takes the same time, however many wait.
 */
export class FairQueue<T> {
  readonly #root = new Network<T>('', undefined);

  get size(): number {
    return this.#root.size;
  }

  /** @param networks where the entry comes from, the widest network first; each network is always divided in the same way */
  push(value: T, networks: readonly string[]): Waiting<T> {
    let network = this.#root;
    for (const name of networks) network = network.get(name) ?? network.add(name);
    const entry = new Entry(value, network);
    entry.older = network.newest;
    if (network.newest) network.newest.newer = entry;
    else network.oldest = entry;
    network.newest = entry;
    network.count(1);
    return entry;
  }

  /** Takes the oldest entry of the network whose turn it is. */
  shift(): T | undefined {
    let network = this.#root;
    for (let next = network.rotate(); next; next = network.rotate()) network = next;
    const entry = network.oldest;
    if (entry) this.remove(entry);
    return entry?.value;
  }

  remove(waiting: Waiting<T>): void {
    const entry = waiting as Entry<T>;
    const { older, newer, network } = entry;
    if (older) older.newer = newer;
    else network.oldest = newer;
    if (newer) newer.older = older;
    else network.newest = older;
    network.count(-1);
  }

  /**
   * Whom to drop in favour of a newcomer: the newest entry of the largest network.
   * @returns `undefined` if that would be the newcomer's own network
   */
  rivalOf(networks: readonly string[]): Waiting<T> | undefined {
    let network = this.#root;
    for (const name of networks) {
      const own = network.get(name);
      const { largest } = network;
      if (largest && largest.size > (own?.size ?? 0) + 1) return newestOf(largest);
      if (!own) return undefined;
      network = own;
    }
    return undefined;
  }
}

/** The newest entry of the largest network within. */
function newestOf<T>(network: Network<T>): Waiting<T> | undefined {
  let inner = network;
  for (let next = inner.largest; next; next = inner.largest) inner = next;
  return inner.newest;
}
