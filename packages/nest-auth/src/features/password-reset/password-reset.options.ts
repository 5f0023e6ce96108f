import { option } from '@acme/nest-auth';

/** The options below `passwordReset`. */
export const PASSWORD_RESET_OPTIONS = {
  page: option.text({
    required: true,
    example: "'https://app.example.org/reset-password'",
    check: problemOf,
    doc: "The app's page that mails link to, with the token behind `#`. It posts the token to `/auth/password/reset`.",
  }),
  ttl: option.duration({ default: '30m', min: '5m', max: '1h', doc: 'How long a link works.' }),
};

/** Without TLS anybody on the way reads the page, and with it the script that sees the token. */
function problemOf(page: string): string | undefined {
  if (!URL.canParse(page)) return 'is not a URL; write all of it, as in https://app.example.org/reset-password';
  const { protocol, hostname } = new URL(page);
  if (page.includes('#')) return 'has a part behind #; leave it out, the token comes there';
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (protocol === 'https:' || (protocol === 'http:' && isLocal)) return undefined;
  return 'does not begin with https:; http: is for localhost only';
}
