import { stepUp } from '@acme/nest-auth-client';
import { hasAcmeId } from '../../acme-id/log-in.js';
import { attempt } from '../../attempt.js';
import { confirmUser } from '../../confirmation-dialog.js';
import { button, element, link } from '../../element.js';
import { auth } from '../../session.js';
import type { PrivateView } from '../../view.js';
import { address } from './address.js';
import { apiKeys } from './api-keys.js';
import { devices } from './devices.js';
import { linkedLogins } from './linked-logins.js';
import { newAddress } from './new-address.js';
import { newPassword } from './new-password.js';

export const security: PrivateView = {
  title: 'Security',
  for: 'users',
  show: (visit, user) => {
    const list = devices(visit);
    const recent = stepUp(auth, () => confirmUser(visit, user));
    const leave = async () => void (await attempt(visit, () => visit.session.leave(true)));
    return [
      section('address', 'Your e-mail address', address(visit, user)),
      section('devices', 'Your devices', list.place),
      ...(hasAcmeId ? [section('linked-logins', 'Linked logins', ...linkedLogins(visit, recent))] : []),
      section('api-keys', 'API keys', ...apiKeys(visit, recent)),
      section('new-address', 'Change your e-mail address', newAddress(visit, user)),
      section(
        'password',
        'Change your password',
        newPassword(visit, user, list.reload),
        element('p', { class: 'aside' }, link('/forgot-password', 'You have none? Set one by a mail')),
      ),
      section(
        'everywhere',
        'Log out everywhere',
        element('p', { class: 'muted' }, 'Ends the session on every device, this one included.'),
        button('Log out everywhere', leave, { class: 'danger' }),
      ),
    ];
  },
};

function section(name: string, title: string, ...content: readonly Node[]): HTMLElement {
  const heading = element('h2', { id: name, tabindex: '-1' }, title);
  return element('section', { 'aria-labelledby': name }, heading, ...content);
}
