import type { ShownCount, ShownState } from '../wire.js';
import { type Child, element } from './element.js';
import { load } from './server.js';

/** In milliseconds. */
const REFRESH = 2_000;

/** The state of the library, updated while the page is visible. */
export class StateView {
  readonly #tiles = element('div', { class: 'tiles' });
  readonly #problem = element('p', { class: 'problem', role: 'alert' });
  readonly view = element(
    'section',
    { 'aria-labelledby': 'state-heading' },
    element('h1', { id: 'state-heading', tabindex: '-1' }, 'State'),
    this.#problem,
    this.#tiles,
  );

  constructor() {
    setInterval(() => {
      if (this.view.isConnected && !document.hidden) void this.refresh();
    }, REFRESH);
  }

  async refresh(): Promise<void> {
    try {
      this.#tiles.replaceChildren(...tilesOf(await load<ShownState>('state')));
      this.#problem.textContent = '';
    } catch {
      this.#problem.textContent = 'The server does not answer. This is what it said last.';
    }
  }
}

function tilesOf(state: ShownState): HTMLElement[] {
  const { hashes, revocation, keys, now } = state;
  const free = hashes.waiting === 0 ? 'nobody waits' : `${hashes.waiting} wait`;
  return [
    tile('Password hashes', `${hashes.running} of ${hashes.concurrency} run`, `${free}; room for ${hashes.capacity}`),
    tile('Revocations', revocation.mode, freshnessOf(state)),
    tile('Open connections', String(state.connections), 'sockets and subscriptions that end with their session'),
    tile('Tokens', state.transport, `Features: ${state.features.join(', ')}`),
    tile('Open inspectors', String(state.pages), `counting since ${new Date(state.since).toLocaleTimeString('en-GB')}`),
    keysTile(
      keys.map(({ kid, alg, signs, since }) => [
        kid,
        `${alg}, ${signs ? 'signs' : 'verifies'}, known for ${spanOf(now - since)}`,
      ]),
    ),
    listTile('Spent budgets', rowsOf(state.throttled), 'No attempt was refused.'),
    listTile('Events', rowsOf(state.events), 'Nothing has happened yet.'),
    listTile(
      'Budgets',
      state.budgets.map(({ name, points, duration }) => [
        name,
        `${points.toLocaleString('en')} in ${spanOf(duration * 1000)}`,
      ]),
    ),
  ];
}

function freshnessOf({ revocation }: ShownState): string {
  const { mode, age } = revocation;
  if (age !== undefined) return `the store was asked ${(age / 1000).toFixed(1)} s ago`;
  return mode === 'immediate' ? 'this process alone: the store cannot tell of others' : '';
}

function tile(name: string, value: string, more: string): HTMLElement {
  return element(
    'section',
    { class: 'tile' },
    element('h2', {}, name),
    element('p', { class: 'value' }, value),
    element('p', { class: 'muted small' }, more),
  );
}

function listTile(name: string, rows: readonly (readonly [string, string])[], empty = '–'): HTMLElement {
  const entries: Child[] = rows.flatMap(([key, value]) => [element('dt', {}, key), element('dd', {}, value)]);
  const body = rows.length === 0 ? element('p', { class: 'muted' }, empty) : element('dl', {}, ...entries);
  return element('section', { class: 'tile list' }, element('h2', {}, name), body);
}

/** Names of keys may be long. */
function keysTile(rows: readonly (readonly [string, string])[]): HTMLElement {
  const made = listTile('Keys', rows);
  made.classList.add('stacked');
  return made;
}

function rowsOf(counts: readonly ShownCount[]): [string, string][] {
  return counts.map(({ name, count }) => [name, count.toLocaleString('en')]);
}

const SPANS: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
];

/** `5 min`, rounded down. */
function spanOf(milliseconds: number): string {
  const [size, unit] = SPANS.find(([one]) => milliseconds >= one) ?? [1000, 's'];
  return `${Math.floor(milliseconds / size)} ${unit}`;
}
