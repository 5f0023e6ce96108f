import type { AuthSession } from '@acme/nest-auth-client';
import { attempt } from '../../attempt.js';
import { deviceName } from '../../device-name.js';
import { button, element, moment } from '../../element.js';
import { loaded } from '../../loaded.js';
import { tell } from '../../outcome.js';
import { auth } from '../../session.js';
import type { Visit } from '../../view.js';

/** Where the user is logged in, this device first. */
export function devices(visit: Visit): { readonly place: HTMLElement; reload(): void } {
  const place = element('div');
  const reload = () => place.replaceChildren(loaded(visit, () => auth.sessions(), show));
  const show = (sessions: AuthSession[]) => {
    const order = sessions.toSorted((a, b) => Number(b.current) - Number(a.current));
    return [element('ul', { class: 'entries' }, ...order.map((session) => entry(session, () => end(session))))];
  };
  const end = async ({ id, userAgent }: AuthSession) => {
    if (!(await attempt(visit, () => auth.endSession(id)))) return;
    reload();
    document.querySelector<HTMLElement>('#devices')?.focus();
    tell(`${deviceName(userAgent)} is logged out.`);
  };
  reload();
  return { place, reload };
}

function entry({ userAgent, ip, createdAt, lastUsedAt, current }: AuthSession, end: () => Promise<void>): HTMLElement {
  const name = deviceName(userAgent);
  return element(
    'li',
    {},
    element('p', { class: 'name' }, name, current ? element('span', { class: 'badge' }, 'This device') : null),
    element(
      'p',
      { class: 'muted' },
      element('span', {}, 'Logged in ', moment(createdAt)),
      // A whole hour, which may be before the login.
      lastUsedAt > createdAt ? element('span', {}, 'Last used about ', moment(lastUsedAt)) : null,
      ip === null ? null : element('span', {}, `Address ${ip}`),
    ),
    current ? null : button('Log out', end, { unseen: name }),
  );
}
