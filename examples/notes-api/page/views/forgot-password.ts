import { element, link } from '../element.js';
import { form } from '../form.js';
import { auth } from '../session.js';
import type { OpenView } from '../view.js';
import { EMAIL } from './email-field.js';

export const forgotPassword: OpenView = {
  title: 'Forgot your password?',
  for: 'everybody',
  show: (visit) => {
    const place = element('div');
    const sent = (email: string) => {
      const text = `If ${email} has an account, a mail with a link is on its way. The link works once.`;
      const message = element('p', { class: 'done', tabindex: '-1' }, text);
      place.replaceChildren(message);
      message.focus();
    };
    place.append(
      element('p', { class: 'muted' }, 'We send you a link by which you choose a new password.'),
      form({
        visit,
        fields: [EMAIL],
        label: 'Send the link',
        pending: 'Sending…',
        send: async ({ email = '' }) => {
          await auth.forgotPassword({ email });
          sent(email);
        },
      }),
    );
    return [place, element('p', { class: 'aside' }, link('/login', 'Back to the login'))];
  },
};
