import type { ShownPolicies } from '../wire.js';
import { announceNow } from './announcer.js';
import { byId, element } from './element.js';
import { LiveView } from './live.js';
import { policiesView } from './policies.js';
import { load, receive } from './server.js';
import { StateView } from './state.js';

const main = byId('main');
const unseen = byId('unseen');
const connection = byId('connection');
const live = new LiveView();
const state = new StateView();
let policies: HTMLElement | undefined;
let count = 0;

async function policiesOrProblem(): Promise<HTMLElement> {
  try {
    return policiesView(await load<ShownPolicies>('policies'));
  } catch {
    const again = element('button', { type: 'button' }, 'Try again');
    again.addEventListener('click', () => {
      policies = undefined;
      void show();
    });
    const problem = element('p', { class: 'problem', role: 'alert' }, 'The policies could not be loaded.');
    return element('section', {}, element('h1', { tabindex: '-1' }, 'Policies'), problem, again);
  }
}

async function viewOf(name: string): Promise<HTMLElement> {
  if (name === 'live') return live.view;
  if (name === 'state') {
    void state.refresh();
    return state.view;
  }
  policies ??= await policiesOrProblem();
  return policies;
}

async function show(isFirst = false): Promise<void> {
  const name = location.hash.slice(1);
  if (name === 'main') return;
  const view = await viewOf(name);
  main.replaceChildren(view);
  for (const link of document.querySelectorAll('nav a')) {
    const isHere = link.getAttribute('href') === `#${['live', 'state'].includes(name) ? name : 'policies'}`;
    if (isHere) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  if (view === live.view) countUnseen(-count);
  document.title = `${view.querySelector('h1')?.textContent ?? ''} · Auth inspector`;
  if (!isFirst) view.querySelector('h1')?.focus();
}

function countUnseen(more: number): void {
  count += more;
  unseen.hidden = count === 0;
  unseen.textContent = count > 99 ? '99+' : String(count);
}

window.addEventListener('hashchange', () => void show());
document.addEventListener('submit', (event) => event.preventDefault());
document.querySelector('.skip')?.addEventListener('click', (event) => {
  event.preventDefault();
  main.focus();
});
void show(true);

receive(
  (news) => {
    live.add(news);
    if (!live.view.isConnected) countUnseen(news.decisions.length);
  },
  (now) => {
    const text = now === 'open' ? 'Connected' : 'Not connected. Trying again…';
    if (now === 'lost' && connection.textContent !== text) announceNow('The connection to the server is lost.');
    connection.textContent = text;
    connection.className = `connection ${now}`;
  },
);
