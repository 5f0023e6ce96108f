import { option } from '@acme/nest-auth';

/** The options below `breachedPasswords`. */
export const BREACHED_PASSWORDS_OPTIONS = {
  url: option.url({
    default: 'https://api.pwnedpasswords.com/range',
    example: "'https://api.pwnedpasswords.com/range'",
    doc: 'The server of ranges. A slash and the first five characters of the SHA-1 are added to this address.',
  }),
  timeout: option.duration({
    default: '1s',
    min: '1s',
    max: '10s',
    doc: 'How long an answer may take. After that the password is accepted unchecked.',
  }),
  minCount: option.integer({
    default: 1,
    min: 1,
    max: 1_000_000,
    doc: 'How often a password must have been seen in breaches to be refused.',
  }),
};
