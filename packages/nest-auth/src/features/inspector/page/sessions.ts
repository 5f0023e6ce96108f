import type { ShownSession } from '../wire.js';
import { counted, element } from './element.js';
import { load } from './server.js';

/** Puts the live sessions of a user, as they are now, into an element. */
export async function showSessions(userId: string, place: HTMLElement): Promise<void> {
  try {
    const sessions = await load<ShownSession[]>(`sessions?user=${encodeURIComponent(userId)}`);
    const count = element('p', {}, counted(sessions.length, 'live session'));
    place.replaceChildren(count, element('ul', {}, ...sessions.map(entryOf)));
  } catch {
    place.replaceChildren('The server does not say.');
  }
}

function entryOf({ methods, createdAt, authenticatedAt, lastUsedAt }: ShownSession): HTMLElement {
  const times = [
    `begun ${timeOf(createdAt)}`,
    ...(authenticatedAt > createdAt ? [`confirmed ${timeOf(authenticatedAt)}`] : []),
    `last used in the hour of ${timeOf(lastUsedAt)}`,
  ];
  return element('li', {}, `${methods.join(', ') || 'login unknown'}: ${times.join('; ')}`);
}

function timeOf(time: number): string {
  return new Date(time).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' });
}
