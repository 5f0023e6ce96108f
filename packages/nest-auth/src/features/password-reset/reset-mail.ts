import { escapeHtml, type Mail, type Recipient } from '@acme/nest-auth';

/** @param ttl in seconds */
export function resetMail(recipient: Recipient, link: string, ttl: number): Mail {
  const minutes = Math.round(ttl / 60);
  const lines = [
    'Somebody asked for a new password for your account. If it was you, open this link and choose one:',
    link,
    `It works once, for ${minutes} minutes. If it was not you, ignore this mail: your password stays as it is.`,
  ] as const;
  const [before, , after] = lines;
  const escaped = escapeHtml(link);
  return {
    kind: 'password_reset',
    ...recipient,
    data: { link, minutes },
    subject: 'Choose a new password',
    text: lines.join('\n\n'),
    html: `<p>${before}</p><p><a href="${escaped}">${escaped}</a></p><p>${after}</p>`,
  };
}
