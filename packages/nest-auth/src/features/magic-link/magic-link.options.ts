import { option } from '@acme/nest-auth';

/** The options below `magicLink`. */
export const MAGIC_LINK_OPTIONS = {
  page: option.page({
    required: true,
    example: "'https://app.example.org/magic-link'",
    withoutFragment: true,
    doc: "The app's page that mails link to, with the token behind `#`. It posts the token to `/auth/login/magic-link/confirm`.",
  }),
  ttl: option.duration({ default: '10m', min: '1m', max: '10m', doc: 'How long a link and its code work.' }),
  binding: option.choice({
    of: ['browser', 'none'],
    default: 'browser',
    doc: "Where a link logs in. `'browser'`: only in the browser that asked for it. `'none'`: wherever it is opened. A code always needs the browser that asked.",
  }),
  register: option.flag({
    default: false,
    doc: 'Whether an address without an account gets a mail too, and an account once it is confirmed.',
  }),
};
