import { button, element, link } from '../element.js';
import { form } from '../form.js';
import { openedLink, tokenOfLink } from '../mail-link.js';
import { auth } from '../session.js';
import type { OpenView, Visit } from '../view.js';
import { EMAIL } from './email-field.js';
import { rememberChoice } from './remember.js';
import { welcome } from './welcome.js';

/** Asks for a mail with a link and a code, and is the page of that link. Both work only in the browser that asked. */
export const magicLink: OpenView = {
  title: 'Log in by a mail',
  for: 'visitors',
  show: (visit) => {
    const token = tokenOfLink();
    const back = element('p', { class: 'aside' }, link('/login', 'Back to the login'));
    if (token === null) return [request(visit), back];
    const another = element('p', { class: 'aside' }, link('/magic-link', 'Ask for a new mail'));
    return [openedLink(visit, () => confirm(visit, { token }), another), back];
  },
};

function request(visit: Visit): HTMLElement {
  const remember = rememberChoice();
  const place = element('div');
  const show = (first: HTMLElement, ...others: readonly Node[]) => {
    place.replaceChildren(first, ...others);
    first.focus();
  };
  const sent = (email: string) => {
    const text = `If ${email} has an account, a mail is on its way. Open its link in this browser, or type its code here.`;
    show(element('p', { class: 'done', tabindex: '-1' }, text), code(visit));
  };
  const typed = () => {
    const text = 'It works in the browser that asked for the mail, for ten minutes.';
    show(element('p', { class: 'muted', tabindex: '-1' }, text), code(visit));
  };
  place.append(
    element('p', { class: 'muted' }, 'We send you a mail with a link and a code. You need no password.'),
    form({
      visit,
      fields: [EMAIL],
      after: [remember.box],
      label: 'Send the mail',
      pending: 'Sending…',
      send: async ({ email = '' }) => {
        await auth.call('POST', 'login/magic-link', { email, remember: remember.isChosen() });
        sent(email);
      },
    }),
    element('p', { class: 'aside' }, button('I have a code', typed)),
  );
  return place;
}

function code(visit: Visit): HTMLFormElement {
  return form({
    visit,
    fields: [
      {
        name: 'code',
        label: 'Code',
        type: 'code',
        autocomplete: 'one-time-code',
        missing: 'Write the six digits of the mail.',
      },
    ],
    label: 'Log in',
    pending: 'Logging in…',
    send: ({ code = '' }) => confirm(visit, { code }),
  });
}

async function confirm(visit: Visit, proof: { readonly token: string } | { readonly code: string }): Promise<void> {
  await auth.login(proof, 'magic-link/confirm');
  await welcome(visit);
}
