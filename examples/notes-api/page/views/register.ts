import { acmeIdButton } from '../acme-id/log-in.js';
import { element, link } from '../element.js';
import { form } from '../form.js';
import { auth } from '../session.js';
import type { OpenView } from '../view.js';
import { EMAIL } from './email-field.js';
import { PASSWORD_HINT } from './password-hint.js';
import { welcome } from './welcome.js';

export const register: OpenView = {
  title: 'Register',
  for: 'visitors',
  show: (visit) => [
    form({
      visit,
      fields: [
        {
          name: 'displayName',
          label: 'Name',
          type: 'text',
          autocomplete: 'name',
          missing: 'Write your name.',
          maxLength: 80,
        },
        EMAIL,
        {
          name: 'password',
          label: 'Password',
          type: 'password',
          autocomplete: 'new-password',
          missing: 'Choose a password.',
          hint: PASSWORD_HINT,
        },
      ],
      names: { new_password: 'password' },
      label: 'Register',
      pending: 'Registering…',
      send: async ({ displayName, email, password }) => {
        await auth.register({ displayName, email, password, remember: false });
        await welcome(visit);
      },
    }),
    ...acmeIdButton('Register with Acme ID', () => false),
    element('p', { class: 'aside' }, 'You have an account? ', link('/login', 'Log in')),
  ],
};
