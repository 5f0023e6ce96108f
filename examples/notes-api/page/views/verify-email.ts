import { element, link } from '../element.js';
import { incompleteLink, openedLink, tokenOfLink } from '../mail-link.js';
import { tell } from '../outcome.js';
import { auth } from '../session.js';
import type { OpenView } from '../view.js';

/** The page of the mail's link. It posts the token, so that a mail scanner that loads the address verifies nothing. */
export const verifyEmail: OpenView = {
  title: 'Verify your e-mail address',
  for: 'everybody',
  show: (visit) => {
    const token = tokenOfLink();
    const another = element('p', { class: 'aside' }, link('/security', 'Ask for a new link'));
    if (token === null) return [incompleteLink(), another];
    const verify = async () => {
      await auth.call('POST', 'email/verify', { token });
      await visit.session.load().catch(() => {});
      visit.go('/', true);
      tell('Your e-mail address is verified.');
    };
    return [openedLink(visit, verify, another)];
  },
};
