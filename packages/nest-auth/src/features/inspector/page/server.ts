import type { ShownDecisions } from '../wire.js';
import { byId } from './element.js';

const base = byId('script').dataset.base ?? 'inspector';

/** @throws Error if the server refuses or does not answer */
export async function load<T>(name: 'policies' | 'state' | `sessions?user=${string}`): Promise<T> {
  const answer = await fetch(`${base}/${name}`);
  if (!answer.ok) throw new Error(`The server answered with ${answer.status}.`);
  return answer.json() as Promise<T>;
}

const RETRY = 2_000;

export type Connection = 'open' | 'lost';

/** Receives decisions until the page is closed. Browsers reconnect a stream that ended, but not a refused stream. */
export function receive(onDecisions: (news: ShownDecisions) => void, onConnection: (state: Connection) => void): void {
  const source = new EventSource(`${base}/events`);
  source.addEventListener('open', () => onConnection('open'));
  source.addEventListener('decisions', ({ data }) => onDecisions(JSON.parse(data) as ShownDecisions));
  source.addEventListener('error', () => {
    onConnection('lost');
    if (source.readyState === EventSource.CLOSED) setTimeout(() => receive(onDecisions, onConnection), RETRY);
  });
}
