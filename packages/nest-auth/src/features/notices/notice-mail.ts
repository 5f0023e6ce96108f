import { isIP } from 'node:net';
import { type Device, escapeHtml, type Mail, type Recipient } from '@acme/nest-auth';
import type { NoticeKind } from './notice-kinds.js';
import { programOf } from './user-agent.js';

/** When and from where it happened, and the page for users who did not do it. */
interface Occasion {
  readonly at: Date;
  readonly device: Device;
  readonly page: string | undefined;
}

/** It contains no token and no link that logs in. */
export function noticeMail(
  recipient: Recipient,
  { kind, subject, what, remedy }: NoticeKind,
  occasion: Occasion,
): Mail {
  const { at, device, page } = occasion;
  const { browser, system } = programOf(device.userAgent);
  // If the app trusts too many proxies, a client can choose its own address.
  const ip = device.ip !== null && isIP(device.ip) ? device.ip : null;
  const details = [
    ['Time', `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`],
    ['Device', [browser, system].filter(Boolean).join(' on ')],
    ['Address', ip],
  ].flatMap(([name, value]) => (value ? [`${name}: ${value}`] : []));
  const advice = `If it was you, there is nothing to do. If it was not you, ${remedy}`;
  const link = page === undefined ? undefined : escapeHtml(page);
  return {
    kind,
    ...recipient,
    data: { at: at.toISOString(), ip, browser, system, userAgent: device.userAgent, ...(page ? { page } : {}) },
    subject,
    text: [what, details.join('\n'), page ? `${advice}:\n${page}` : `${advice}.`].join('\n\n'),
    html: [
      `<p>${what}</p>`,
      `<p>${details.map(escapeHtml).join('<br>')}</p>`,
      link ? `<p>${advice}: <a href="${link}">${link}</a></p>` : `<p>${advice}.</p>`,
    ].join(''),
  };
}
