import { element, link } from '../element.js';
import { form } from '../form.js';
import { incompleteLink, tokenOfLink } from '../mail-link.js';
import { tell } from '../outcome.js';
import { auth } from '../session.js';
import type { OpenView } from '../view.js';
import { PASSWORD_HINT } from './password-hint.js';

/** The page of the mail's link. */
export const resetPassword: OpenView = {
  title: 'Choose a new password',
  for: 'everybody',
  show: (visit) => {
    const token = tokenOfLink();
    const another = element('p', { class: 'aside' }, link('/forgot-password', 'Ask for a new link'));
    if (token === null) return [incompleteLink(), another];
    return [
      element('p', { class: 'muted' }, 'All your devices are logged out by it.'),
      form({
        visit,
        fields: [
          {
            name: 'new_password',
            label: 'New password',
            type: 'password',
            autocomplete: 'new-password',
            missing: 'Choose a password.',
            hint: PASSWORD_HINT,
          },
        ],
        label: 'Set the password',
        pending: 'Setting…',
        send: async ({ new_password = '' }) => {
          await auth.resetPassword({ token, new_password });
          history.replaceState(null, '', '/login');
          // If it was this user's session, it has ended too.
          await visit.session.load().catch(() => {});
          visit.go('/login', true);
          tell('Your password is changed. Log in with it.');
        },
      }),
      another,
    ];
  },
};
