import { option } from '@acme/nest-auth';

/** The options below `emailVerification`. */
export const EMAIL_VERIFICATION_OPTIONS = {
  page: option.page({
    required: true,
    example: "'https://app.example.org/verify-email'",
    withoutFragment: true,
    doc: "The app's page that mails link to, with the token behind `#`. It posts the token to `/auth/email/verify`.",
  }),
  required: option.flag({
    default: false,
    doc: 'Whether users must verify their address before they get a session. Existing sessions continue.',
  }),
  ttl: option.duration({ default: '1h', min: '5m', max: '1h', doc: 'How long a link works.' }),
  loginPage: option.page({
    example: "'https://app.example.org/login'",
    doc: 'The page that the owner of an account is sent to when somebody registers with their address again.',
  }),
  resetPage: option.page({
    example: "'https://app.example.org/forgot-password'",
    doc: 'The page for forgotten passwords. Mails about requests that may be from somebody else link to it, without a token.',
  }),
};
