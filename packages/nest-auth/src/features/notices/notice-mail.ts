import { isIP } from 'node:net';
import { type Device, escapeHtml, type Mail, type Recipient } from '@acme/nest-auth';
import type { NoticeKind } from './notice-kinds.js';
import { programOf } from './user-agent.js';

/** What happened, and where the user can see to it. */
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
  // Behind a proxy that is trusted too much, a client writes its own address.
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
