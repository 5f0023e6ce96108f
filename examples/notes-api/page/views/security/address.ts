import { attempt } from '../../attempt.js';
import { button, element } from '../../element.js';
import { tell } from '../../outcome.js';
import { auth, type User } from '../../session.js';
import type { Visit } from '../../view.js';

/** The user's address, and whether it is verified. */
export function address(visit: Visit, user: User): HTMLElement {
  const place = element('div');
  let shownUser = user;
  const content = (now: User) => {
    const { email, email_verified: isVerified } = now;
    shownUser = now;
    const state = isVerified ? element('span', { class: 'badge' }, 'Verified') : null;
    const shown = element('p', { class: 'address' }, email, state);
    if (isVerified) return [shown];
    const why = element('p', { class: 'muted' }, 'It is not verified. Open the link of the mail that we sent you.');
    return [
      shown,
      why,
      element(
        'p',
        { class: 'aside' },
        button('Send the link again', () => send(email)),
      ),
    ];
  };
  const send = async (email: string) => {
    if (!(await attempt(visit, () => auth.call<void>('POST', 'email/verify/send', { email })))) return;
    tell(`A new link is on its way to ${email}. The one before does not work any more.`);
  };
  /** The link may have been opened in another tab. */
  const look = async () => {
    const now = await auth.me<User>().catch(() => null);
    if (!now || visit.signal.aborted) return;
    if (now.email === shownUser.email && now.email_verified === shownUser.email_verified) return;
    const hadFocus = place.contains(document.activeElement);
    place.replaceChildren(...content(now));
    if (hadFocus) document.querySelector<HTMLElement>('#address')?.focus();
  };
  const { signal } = visit;
  document.addEventListener('visibilitychange', () => document.hidden || void look(), { signal });
  place.append(...content(user));
  return place;
}
