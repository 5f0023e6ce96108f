/** APP_URL, or this machine by its name: there all browsers but Safari keep `Secure` cookies without TLS. */
export function pageUrl(): string {
  const { APP_URL, PORT = '3000' } = process.env;
  return APP_URL ?? `http://localhost:${PORT}`;
}

/** A view of the page, for mails and for Acme ID. */
export function linkTo(view: string): string {
  return `${pageUrl()}/${view}`;
}
