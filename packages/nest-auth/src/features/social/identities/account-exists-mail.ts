import { escapeHtml, type Mail, type Recipient } from '@acme/nest-auth';
import { titleOf } from '../strategies/presets.js';

/** What the mail to the owner of an account says. */
interface Attempt {
  /** The provider of the attempt. */
  readonly provider: string;
  /** The ways to log in to the account: `password` and names of providers. */
  readonly ways: readonly string[];
  readonly loginPage: string | undefined;
}

/** It contains no token and no link that logs in. */
export function accountExistsMail(recipient: Recipient, { provider, ways, loginPage }: Attempt): Mail {
  const came = titleOf(provider);
  const what = [
    `Somebody tried to log in with ${came}, which gave us your e-mail address.`,
    'You already have an account with this address, and nothing has changed.',
  ].join(' ');
  const names = ways.map((way) => (way === 'password' ? 'your password' : titleOf(way)));
  const entry = names.length === 0 ? 'as you always do' : `with ${names.join(' or ')}`;
  const advice = `If it was you, log in ${entry}. Then you can add ${came} to your account`;
  const end = 'If it was not you, there is nothing to do.';
  const link = loginPage && escapeHtml(loginPage);
  return {
    kind: 'account_exists',
    ...recipient,
    data: { occasion: 'social_login', provider, ways, ...(loginPage ? { loginPage } : {}) },
    subject: 'You have an account already',
    text: [what, loginPage ? `${advice}:\n${loginPage}` : `${advice}.`, end].join('\n\n'),
    html: [
      `<p>${escapeHtml(what)}</p>`,
      `<p>${escapeHtml(advice)}${link ? `: <a href="${link}">${link}</a>` : '.'}</p>`,
      `<p>${end}</p>`,
    ].join(''),
  };
}
