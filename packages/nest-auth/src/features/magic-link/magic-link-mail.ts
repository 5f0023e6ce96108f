import { escapeHtml, type Mail, type Recipient } from '@acme/nest-auth';

/** The contents of one mail. */
export interface MagicLinkOffer {
  readonly link: string;
  readonly code: string;
  /** In seconds. */
  readonly ttl: number;
  /** Whether the link works only in the browser that asked for it. */
  readonly isBound: boolean;
}

export function magicLinkMail(recipient: Recipient, { link, code, ttl, isBound }: MagicLinkOffer): Mail {
  const minutes = Math.round(ttl / 60);
  const where = isBound ? ', in the browser where you asked' : '';
  const before = `Somebody asked to log in with your e-mail address. If it was you, open this link${where}:`;
  const between = 'Or type this code into the page where you asked:';
  const after = [
    `You can use one of them, once, in the next ${minutes} minutes.`,
    'Do not give them to anybody, whoever asks. If it was not you, ignore this mail: nobody can log in without it.',
  ].join(' ');
  const escaped = escapeHtml(link);
  return {
    kind: 'magic_link',
    ...recipient,
    data: { link, code, minutes },
    subject: 'Your link to log in',
    text: [before, link, between, code, after].join('\n\n'),
    html: [
      `<p>${before}</p><p><a href="${escaped}">${escaped}</a></p>`,
      `<p>${between}</p><p><strong>${code}</strong></p><p>${after}</p>`,
    ].join(''),
  };
}
