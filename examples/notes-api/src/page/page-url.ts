/** Every `localhost` is this machine (RFC 6761 §6.3). */
const ON_THIS_MACHINE = /^(localhost|127\.0\.0\.1|\[::1\]|.+\.localhost)$/;

/** APP_URL, or `localhost`, where all browsers except Safari keep `Secure` cookies without TLS. */
export function pageUrl(): string {
  const { APP_URL, PORT = '3000' } = process.env;
  return APP_URL ?? `http://localhost:${PORT}`;
}

/** Whether the page is only for browsers on this machine. */
export function isOnThisMachine(): boolean {
  const url = pageUrl();
  return URL.canParse(url) && ON_THIS_MACHINE.test(new URL(url).hostname);
}

/** A view of the page, for mails and for Acme ID. */
export function linkTo(view: string): string {
  return `${pageUrl()}/${view}`;
}
