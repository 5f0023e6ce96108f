import { escapeHtml, type Mail, type Recipient } from '@acme/nest-auth';
import type { EmailVerificationSettings } from './email-verification.settings.js';

type Pages = Pick<EmailVerificationSettings, 'loginPage' | 'resetPage'>;

/** A sentence that may end in a link. */
interface Paragraph {
  readonly words: string;
  readonly link?: string | undefined;
}

/** @param ttl in seconds */
export function verifyMail(recipient: Recipient, link: string, ttl: number): Mail {
  const minutes = Math.round(ttl / 60);
  return mail({ kind: 'verify_email', ...recipient, subject: 'Verify your e-mail address', data: { link, minutes } }, [
    { words: 'You have an account with this e-mail address. Open this link to verify that it is yours', link },
    { words: `The link works once, for ${minutes} minutes.` },
    {
      words:
        'If you did not register, do not open it: somebody else has used your address. You need not do anything else.',
    },
  ]);
}

/** @param occasion what somebody tried with an address that has an account */
export function accountExistsMail(
  recipient: Recipient,
  occasion: 'registration' | 'email_change',
  { loginPage, resetPage }: Pages,
): Mail {
  const data = { occasion, ...(loginPage ? { loginPage } : {}), ...(resetPage ? { resetPage } : {}) };
  const tried =
    occasion === 'registration'
      ? 'Somebody tried to register with your e-mail address.'
      : 'Somebody tried to use your e-mail address for another account.';
  return mail({ kind: 'account_exists', ...recipient, subject: 'You have an account already', data }, [
    { words: `${tried} You have an account with it already, and nothing has changed.` },
    { words: 'If it was you, log in with the password of that account', link: loginPage },
    { words: 'If you have forgotten it, choose a new one', link: resetPage },
    { words: 'If it was not you, there is nothing to do.' },
  ]);
}

/** @param ttl in seconds */
export function verifyNewMail(recipient: Recipient, link: string, ttl: number): Mail {
  const minutes = Math.round(ttl / 60);
  return mail(
    { kind: 'verify_new_email', ...recipient, subject: 'Confirm your new e-mail address', data: { link, minutes } },
    [
      { words: 'Somebody asked to use this e-mail address for their account. If it was you, open this link', link },
      { words: `The link works once, for ${minutes} minutes. From then on, you log in with this address.` },
      { words: 'If it was not you, do not open it: your address would belong to the account of somebody else.' },
    ],
  );
}

/** To the old address. */
export function changeRequestedMail(recipient: Recipient, { resetPage }: Pages): Mail {
  const data = resetPage ? { resetPage } : {};
  return mail(
    { kind: 'email_change_requested', ...recipient, subject: 'Your e-mail address is about to change', data },
    [
      {
        words: 'Somebody who is logged in to your account, and knows its password, asked to change its e-mail address.',
      },
      { words: 'It changes when the link that was sent to the new address is opened.' },
      {
        words: 'If it was not you, choose a new password at once. The link does not work any more then',
        link: resetPage,
      },
    ],
  );
}

/** To the old address. */
export function changedMail(recipient: Recipient): Mail {
  return mail({ kind: 'email_changed', ...recipient, subject: 'Your e-mail address was changed', data: {} }, [
    { words: 'The e-mail address of your account was changed. You can no longer log in with this one.' },
    { words: 'If it was not you, somebody else has your account: write to us at once.' },
  ]);
}

function mail(head: Omit<Mail, 'text' | 'html'>, paragraphs: readonly Paragraph[]): Mail {
  return {
    ...head,
    text: paragraphs.map(({ words, link }) => (link ? `${words}:\n${link}` : ended(words))).join('\n\n'),
    html: paragraphs
      .map(({ words, link }) => {
        const shown = link && escapeHtml(link);
        return shown ? `<p>${words}: <a href="${shown}">${shown}</a></p>` : `<p>${ended(words)}</p>`;
      })
      .join(''),
  };
}

function ended(words: string): string {
  return words.endsWith('.') ? words : `${words}.`;
}
