import { attempt } from '../../attempt.js';
import { button, element } from '../../element.js';
import type { PrivateView } from '../../view.js';
import { address } from './address.js';
import { apiKeys } from './api-keys.js';
import { devices } from './devices.js';
import { newPassword } from './new-password.js';

export const security: PrivateView = {
  title: 'Security',
  for: 'users',
  show: (visit, user) => {
    const list = devices(visit);
    const leave = async () => void (await attempt(visit, () => visit.session.leave(true)));
    return [
      section('address', 'Your e-mail address', address(visit, user)),
      section('devices', 'Your devices', list.place),
      section('api-keys', 'API keys', ...apiKeys(visit, user)),
      section('password', 'Change your password', newPassword(visit, user, list.reload)),
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
