import type { ShownDecision, ShownDecisions } from '../wire.js';
import { announce, announceNow } from './announcer.js';
import { counted, element, labelled } from './element.js';
import { showSessions } from './sessions.js';

/** How many decisions the page keeps; the server keeps as many. */
const KEPT = 200;

/** The list of decisions, the newest first. */
export class LiveView {
  #decisions: ShownDecision[] = [];
  #missed = 0;
  /** How many decisions came while the list was paused. */
  #held = 0;
  #isPaused = false;
  readonly #rows = new Map<ShownDecision, HTMLElement>();
  readonly #list = element('ol', { class: 'decisions', reversed: true });
  readonly #empty = element('p', { class: 'empty' });
  readonly #total = element('p', { class: 'total' });
  readonly #pause = element('button', { type: 'button', 'aria-pressed': 'false' }, 'Pause');
  readonly #clear = element('button', { type: 'button' }, 'Clear');
  readonly #refusals = element('input', { type: 'checkbox' });
  readonly #search = element('input', { type: 'search', autocomplete: 'off', placeholder: 'missing_token, notes …' });
  readonly view: HTMLElement;

  constructor() {
    this.#pause.addEventListener('click', () => this.#toggle());
    this.#clear.addEventListener('click', () => this.#forget());
    for (const field of [this.#refusals, this.#search]) field.addEventListener('input', () => this.#show());
    this.view = element(
      'section',
      { 'aria-labelledby': 'live-heading' },
      element('h1', { id: 'live-heading', tabindex: '-1' }, 'Live'),
      element(
        'form',
        { role: 'search', class: 'filters', 'aria-label': 'Decisions' },
        labelled('Search', this.#search),
        labelled('Refusals only', this.#refusals),
        element('div', { class: 'buttons' }, this.#pause, this.#clear),
      ),
      this.#total,
      this.#empty,
      this.#list,
    );
    this.#show();
  }

  add({ missed, decisions }: ShownDecisions): void {
    this.#missed += missed;
    this.#decisions = [...this.#decisions, ...decisions].slice(-KEPT);
    if (this.#isPaused) this.#held += decisions.length;
    this.#show();
    announce(() => newsOf(decisions));
  }

  #toggle(): void {
    this.#isPaused = !this.#isPaused;
    this.#held = 0;
    this.#pause.setAttribute('aria-pressed', String(this.#isPaused));
    announceNow(this.#isPaused ? 'The list is held.' : 'The list goes on.');
    this.#show();
  }

  #forget(): void {
    this.#decisions = [];
    this.#missed = 0;
    this.#held = 0;
    this.#list.replaceChildren();
    this.#rows.clear();
    announceNow('The list is empty.');
    this.#show();
  }

  #show(): void {
    const shown = this.#decisions.filter((one) => this.#matches(one)).reverse();
    if (!this.#isPaused) this.#render(shown);
    const counts = [`${shown.length} of ${counted(this.#decisions.length, 'decision')}`];
    if (this.#held > 0) counts.push(`${this.#held} new while the list is held`);
    if (this.#missed > 0) counts.push(`${this.#missed} dropped because this page read too slowly`);
    this.#total.textContent = counts.join(', ');
    this.#empty.hidden = this.#list.childElementCount > 0;
    this.#empty.textContent =
      this.#decisions.length === 0 ? 'Waiting for the next call of the app.' : 'No decision matches.';
  }

  /** Keeps the existing rows, so that an open row stays open and the focus does not move. */
  #render(shown: readonly ShownDecision[]): void {
    const wanted = new Set(shown);
    for (const [decision, row] of this.#rows) {
      if (wanted.has(decision)) continue;
      row.remove();
      this.#rows.delete(decision);
    }
    let next: Element | null = this.#list.firstElementChild;
    for (const decision of shown) {
      const row = this.#rows.get(decision) ?? rowOf(decision);
      this.#rows.set(decision, row);
      if (row === next) next = row.nextElementSibling;
      else this.#list.insertBefore(row, next);
    }
  }

  #matches(decision: ShownDecision): boolean {
    if (this.#refusals.checked && decision.code === undefined) return false;
    const { call, handler, transport, code = '', caller } = decision;
    const text = [call, handler, transport, code, caller?.id, ...(caller?.roles ?? [])].join(' ').toLowerCase();
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    return words.every((word) => text.includes(word));
  }
}

function newsOf(decisions: readonly ShownDecision[]): string {
  const refused = decisions.filter(({ code }) => code !== undefined);
  const allowed = decisions.length - refused.length;
  const last = refused.at(-1);
  return `${allowed} allowed, ${refused.length} refused${last ? `: ${last.call}, ${last.code}` : ''}.`;
}

function rowOf(decision: ShownDecision): HTMLElement {
  const { at, call, code, why, caller, microseconds } = decision;
  const isRefused = code !== undefined;
  const sessions = element('div', {}, '–');
  const details = element(
    'details',
    {},
    element(
      'summary',
      {},
      element('time', { datetime: new Date(at).toISOString() }, timeOf(at)),
      element('span', { class: `chip ${isRefused ? 'no' : 'yes'}` }, isRefused ? 'refused' : 'allowed'),
      element('span', { class: 'call' }, call),
      code === undefined ? undefined : element('span', {}, code),
      element('span', { class: 'muted' }, caller?.id ?? 'nobody'),
      element('span', { class: 'muted small time' }, `${microseconds.toLocaleString('en')} µs`),
    ),
    factsOf(decision, sessions),
  );
  details.addEventListener('toggle', () => {
    if (details.open && caller) void showSessions(caller.id, sessions);
  });
  return element(
    'li',
    { class: isRefused ? 'refused' : 'allowed' },
    details,
    why === undefined ? undefined : element('p', { class: 'why' }, why),
  );
}

function factsOf({ handler, transport, caller, microseconds }: ShownDecision, sessions: HTMLElement): HTMLElement {
  const facts: [string, string | HTMLElement][] = [
    ['Handler', handler || '–'],
    ['Transport', transport],
    ['Caller', caller?.id ?? 'nobody'],
    ['Roles', caller?.roles.join(', ') || '–'],
    ['Permissions', caller?.permissions.join(', ') || '–'],
    ['Sessions', sessions],
    ['Time of the guard', `${microseconds.toLocaleString('en')} µs`],
  ];
  return element('dl', {}, ...facts.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]));
}

function timeOf(at: number): string {
  const time = new Date(at);
  return `${time.toLocaleTimeString('en-GB')}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}
