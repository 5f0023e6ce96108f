import type { AuthClient } from '@acme/nest-auth-client';
import { takeAnswer } from '../../acme-id/answer.js';
import { ofThisApp } from '../../acme-id/log-in.js';
import { attempt } from '../../attempt.js';
import { button, element, moment } from '../../element.js';
import { loaded } from '../../loaded.js';
import { tell } from '../../outcome.js';
import { auth } from '../../session.js';
import type { Visit } from '../../view.js';
import { gone } from './gone.js';

interface LinkedLogin {
  readonly id: string;
  readonly email: string | null;
  readonly createdAt: string;
  readonly lastUsedAt: string | null;
}

/**
 * The logins at Acme ID that open this account. Linking goes to Acme ID and returns to this view, with a code.
 * @param recent asks users to prove who they are if the login is too old
 */
export function linkedLogins(visit: Visit, recent: AuthClient): readonly Node[] {
  const list = element('div');
  const reload = () => list.replaceChildren(loaded(visit, () => auth.call<LinkedLogin[]>('GET', 'identities'), show));
  const show = (logins: LinkedLogin[]) => {
    if (logins.length === 0) return [element('p', { class: 'empty' }, 'You have linked no login.')];
    return [element('ul', { class: 'entries' }, ...logins.map((login) => entry(login, () => unlink(login))))];
  };
  const begin = async () => void (await attempt(visit, () => leaveToLink(recent)));
  const unlink = async ({ id }: LinkedLogin) => {
    if (!(await attempt(visit, () => gone(recent, 'identities', id)))) return;
    reload();
    document.querySelector<HTMLElement>('#linked-logins')?.focus();
    tell('Acme ID is unlinked. It does not open your account any more.');
  };
  void finishLink(visit).then(reload);
  return [
    element('p', { class: 'muted' }, 'With a linked login you need no password.'),
    list,
    element('p', { class: 'aside' }, button('Link Acme ID', begin)),
  ];
}

async function leaveToLink(recent: AuthClient): Promise<void> {
  const { url } = await recent.call<{ url: string }>('POST', 'identities/acme-id', {
    return_to: ofThisApp('/security'),
  });
  location.assign(url);
}

/** The code works only for the user who began to link. */
async function finishLink(visit: Visit): Promise<void> {
  const code = takeAnswer('link_code');
  if (code === null) return;
  const isLinked = await attempt(visit, () => auth.call('POST', 'identities', { link_code: code }));
  if (isLinked) tell('Acme ID is linked. You can log in with it from now on.');
}

function entry({ email, createdAt, lastUsedAt }: LinkedLogin, unlink: () => Promise<void>): HTMLElement {
  const isUsed = lastUsedAt !== null && lastUsedAt > createdAt;
  return element(
    'li',
    {},
    element('p', { class: 'name' }, 'Acme ID'),
    element(
      'p',
      { class: 'muted' },
      email === null ? null : element('span', {}, email),
      element('span', {}, 'Linked ', moment(createdAt)),
      isUsed ? element('span', {}, 'Last used ', moment(lastUsedAt)) : null,
    ),
    button('Unlink', unlink, { unseen: `Acme ID${email === null ? '' : ` of ${email}`}` }),
  );
}
