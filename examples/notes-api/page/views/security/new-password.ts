import { form } from '../../form.js';
import { tell } from '../../outcome.js';
import { auth, type User } from '../../session.js';
import { username } from '../../username.js';
import type { Visit } from '../../view.js';
import { PASSWORD_HINT } from '../password-hint.js';

/** @param changed runs when it has changed: then the other devices are logged out */
export function newPassword(visit: Visit, { email }: User, changed: () => void): HTMLFormElement {
  return form({
    visit,
    before: [username(email)],
    fields: [
      {
        name: 'current_password',
        label: 'Current password',
        type: 'password',
        autocomplete: 'current-password',
        missing: 'Write your current password.',
      },
      {
        name: 'new_password',
        label: 'New password',
        type: 'password',
        autocomplete: 'new-password',
        missing: 'Choose a new password.',
        hint: PASSWORD_HINT,
      },
    ],
    label: 'Change the password',
    pending: 'Changing…',
    send: async ({ current_password = '', new_password = '' }, shown) => {
      await auth.changePassword({ current_password, new_password });
      shown.reset();
      changed();
      tell('Your password is changed. All other devices are logged out.');
    },
  });
}
