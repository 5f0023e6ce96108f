import { button, element } from './element.js';
import { form } from './form.js';
import { auth, type User } from './session.js';
import { username } from './username.js';
import type { Visit } from './view.js';

const WHY = 'You logged in a while ago. Write your password again. If you have none, log out and log in again.';

/** Asks for the password again, before something that a login of long ago may not do. @returns whether it was right */
export function askForPassword(visit: Visit, { email }: User): Promise<boolean> {
  return new Promise((resolve) => {
    const dialog = element('dialog', { 'aria-labelledby': 'confirmation', 'aria-describedby': 'confirmation-why' });
    let isConfirmed = false;
    dialog.append(
      element('h2', { id: 'confirmation' }, 'Is it you?'),
      element('p', { class: 'muted', id: 'confirmation-why' }, WHY),
      form({
        visit,
        before: [username(email)],
        fields: [
          {
            name: 'password_again',
            label: 'Password',
            type: 'password',
            autocomplete: 'current-password',
            missing: 'Write your password.',
          },
        ],
        names: { current_password: 'password_again' },
        label: 'Confirm',
        pending: 'Confirming…',
        send: async ({ password_again = '' }) => {
          await auth.confirm(password_again);
          isConfirmed = true;
          dialog.close();
        },
      }),
      button('Cancel', () => dialog.close()),
    );
    // Also after Escape. The browser puts the focus back to where it was.
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(isConfirmed);
    });
    visit.signal.addEventListener('abort', () => dialog.close());
    document.body.append(dialog);
    dialog.showModal();
  });
}
