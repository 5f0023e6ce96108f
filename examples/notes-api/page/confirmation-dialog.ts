import { acmeIdButton, hasAcmeId } from './acme-id/log-in.js';
import { button, element } from './element.js';
import { form } from './form.js';
import { auth, type User } from './session.js';
import { username } from './username.js';
import type { Visit } from './view.js';
import { rememberChoice } from './views/remember.js';

const AGO = 'You logged in a while ago';
const NO_PASSWORD = `${AGO}, and your account has no password.`;

/**
 * Asks users to prove who they are, before an act that needs a recent login. Users without a password log in again,
 * which leaves the page.
 * @returns whether they have proved it in this dialog
 */
export function confirmUser(visit: Visit, user: User): Promise<boolean> {
  return new Promise((resolve) => {
    const dialog = element('dialog', { 'aria-labelledby': 'confirmation', 'aria-describedby': 'confirmation-why' });
    let isConfirmed = false;
    const confirmed = () => {
      isConfirmed = true;
      dialog.close();
    };
    dialog.append(
      element('h2', { id: 'confirmation' }, 'Is it you?'),
      ...(user.hasPassword ? byPassword(visit, user, confirmed) : byLogin()),
      button('Cancel', () => dialog.close()),
    );
    // This also runs after Escape. The browser restores the focus.
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(isConfirmed);
    });
    visit.signal.addEventListener('abort', () => dialog.close());
    document.body.append(dialog);
    dialog.showModal();
  });
}

function byPassword(visit: Visit, { email }: User, confirmed: () => void): Node[] {
  return [
    reason(`${AGO}. Write your password again.`),
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
        confirmed();
      },
    }),
  ];
}

function byLogin(): Node[] {
  if (!hasAcmeId) return [reason(`${NO_PASSWORD} Log out and log in again by a mail. Then repeat this.`)];
  const remember = rememberChoice();
  return [
    reason(`${NO_PASSWORD} Log in again. Then repeat this.`),
    remember.box,
    ...acmeIdButton('Log in again with Acme ID', remember.isChosen),
  ];
}

function reason(text: string): HTMLElement {
  return element('p', { class: 'muted', id: 'confirmation-why' }, text);
}
