import { option } from '@acme/nest-auth';

/** The options below `passwordReset`. */
export const PASSWORD_RESET_OPTIONS = {
  page: option.page({
    required: true,
    example: "'https://app.example.org/reset-password'",
    withoutFragment: true,
    doc: "The app's page that mails link to, with the token behind `#`. It posts the token to `/auth/password/reset`.",
  }),
  ttl: option.duration({ default: '30m', min: '5m', max: '1h', doc: 'How long a link works.' }),
};
