import { option } from '@acme/nest-auth';
import { NOTICES } from './notice-kinds.js';

type Switch = ReturnType<typeof onByDefault>;

const switches = Object.fromEntries(
  Object.entries(NOTICES).map(([name, { doc }]) => [name, onByDefault(doc)]),
) as unknown as { readonly [Name in keyof typeof NOTICES]: Switch };

/** The options below `notices`. */
export const NOTICES_OPTIONS = {
  ...switches,
  page: option.text({
    example: "'https://app.example.org/security'",
    check: problemOf,
    doc: "The app's page for users who did not do it themselves. Mails link to it, without a token.",
  }),
};

function onByDefault(doc: string) {
  return option.flag({ default: true, doc });
}

/** Without TLS anybody on the way can put a page of their own in its place, and ask for the password there. */
function problemOf(page: string): string | undefined {
  if (!URL.canParse(page)) return 'is not a URL; write all of it, as in https://app.example.org/security';
  const { protocol, hostname } = new URL(page);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  if (protocol === 'https:' || (protocol === 'http:' && isLocal)) return undefined;
  return 'does not begin with https:; http: is for localhost only';
}
