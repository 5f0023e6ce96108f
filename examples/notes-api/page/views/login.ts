import { acmeIdButton } from '../acme-id/log-in.js';
import { element, link } from '../element.js';
import { form } from '../form.js';
import { auth } from '../session.js';
import type { OpenView } from '../view.js';
import { EMAIL } from './email-field.js';
import { rememberChoice } from './remember.js';
import { welcome } from './welcome.js';

export const login: OpenView = {
  title: 'Log in',
  for: 'visitors',
  show: (visit) => {
    const remember = rememberChoice();
    return [
      form({
        visit,
        fields: [
          EMAIL,
          {
            name: 'password',
            label: 'Password',
            type: 'password',
            autocomplete: 'current-password',
            missing: 'Write your password.',
          },
        ],
        after: [remember.box],
        label: 'Log in',
        pending: 'Logging in…',
        send: async ({ email, password }) => {
          await auth.login({ email, password, remember: remember.isChosen() });
          await welcome(visit);
        },
      }),
      ...acmeIdButton('Log in with Acme ID', remember.isChosen),
      element('p', { class: 'aside' }, link('/magic-link', 'Log in by a link in a mail')),
      element('p', { class: 'aside' }, link('/forgot-password', 'Forgot your password?')),
      element('p', { class: 'aside' }, 'New here? ', link('/register', 'Register')),
    ];
  },
};
