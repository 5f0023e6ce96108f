/** APP_URL, or this machine by its name: there all browsers but Safari keep `Secure` cookies without TLS. */
export function pageUrl(): string {
  const { APP_URL, PORT = '3000' } = process.env;
  return APP_URL ?? `http://localhost:${PORT}`;
}
