import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import type { Mail } from '@acme/nest-auth';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import { NodemailerMailer } from './nodemailer-mailer.js';

interface Delivered {
  readonly from: string;
  readonly to: readonly string[];
  readonly source: string;
}

let server: SMTPServer;
let delivered: Delivered[];
let url: string;

beforeEach(async () => {
  delivered = [];
  server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith('full@') ? new Error('The mailbox is full.') : undefined),
    onData: async (stream, { envelope }, done) => {
      const source = await text(stream);
      const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
      delivered.push({ from, to: envelope.rcptTo.map(({ address }) => address), source });
      done();
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  url = `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`;
});
afterEach(() => new Promise<void>((resolve) => server.close(resolve)));

const mail = (changes: Partial<Mail> = {}): Mail => ({
  kind: 'test',
  to: 'ann@example.org',
  data: {},
  subject: 'Grüße',
  text: 'The text: https://app.example.org/reset#token=abc',
  html: '<p>The markup</p>',
  ...changes,
});
const FROM = { from: 'Acme <no-reply@acme.example>' };

test('a mail arrives at a real SMTP server with sender, recipient, subject, text and markup', async () => {
  await new NodemailerMailer(url, FROM).send(mail());
  expect(delivered).toHaveLength(1);
  const [{ from, to, source } = {} as Delivered] = delivered;
  expect([from, to]).toEqual(['no-reply@acme.example', ['ann@example.org']]);
  expect(source).toMatch(/^From: Acme <no-reply@acme\.example>/m);
  expect(source).toMatch(/^Subject: =\?UTF-8\?/m);
  expect(source).toContain('https://app.example.org/reset#token=');
  expect(source).toContain('<p>The markup</p>');
});

test.each([
  ['a comma', 'ann@example.org,eve@example.org'],
  ['a line break', 'ann@example.org\r\nBcc: eve@example.org'],
  ['angle brackets', 'ann@example.org> <eve@example.org'],
])('an address with %s reaches no second recipient', async (_, to) => {
  await new NodemailerMailer(url, FROM).send(mail({ to })).catch(() => {});
  expect(delivered.flatMap((one) => one.to)).not.toContain('eve@example.org');
});

test('a server that refuses, or is not there, rejects', async () => {
  await expect(new NodemailerMailer(url, FROM).send(mail({ to: 'full@example.org' }))).rejects.toThrow();
  await expect(new NodemailerMailer('smtp://127.0.0.1:1', FROM).send(mail())).rejects.toThrow();
  expect(delivered).toEqual([]);
});

test('a transport of the app is used as it is, and no password shows', async () => {
  const sent: unknown[] = [];
  const own = { auth: 'hunter2', sendMail: async (message: unknown) => sent.push(message) };
  const mailer = new NodemailerMailer(own, FROM);
  await mailer.send(mail());
  expect(sent).toHaveLength(1);
  expect(inspect(mailer, { depth: 9, showHidden: true })).not.toContain('hunter2');
});
