import { form } from '../../form.js';
import { tell } from '../../outcome.js';
import { auth, type User } from '../../session.js';
import { username } from '../../username.js';
import type { Visit } from '../../view.js';

/** Asks for another address. It changes when the link of the mail is opened. */
export function newAddress(visit: Visit, { email: old }: User): HTMLFormElement {
  return form({
    visit,
    before: [username(old)],
    fields: [
      {
        name: 'new_email',
        label: 'New e-mail address',
        type: 'email',
        autocomplete: 'email',
        missing: 'Write your new e-mail address.',
      },
      {
        name: 'address_password',
        label: 'Your password',
        type: 'password',
        autocomplete: 'current-password',
        missing: 'Write your password.',
      },
    ],
    names: { email: 'new_email', current_password: 'address_password' },
    label: 'Change the address',
    pending: 'Sending…',
    send: async ({ new_email: email = '', address_password = '' }, shown) => {
      await auth.call('POST', 'email', { email, current_password: address_password });
      shown.reset();
      tell(`Open the link of the mail that we sent to ${email}. Until then your address stays as it is.`);
    },
  });
}
