import { MAX_TOKEN_LENGTH } from '../../core/tokens/token-verifier.js';
import { isMemoryStore } from '../../memory/memory-store.js';
import type { SettingsOf } from '../fields/field.js';
import { symmetricBytes } from '../fields/secrets.js';
import type { Rule } from '../option-reader.js';
import type { AUTH_OPTIONS } from './auth-option-table.js';

export type AuthRule = Rule<SettingsOf<typeof AUTH_OPTIONS>>;

/** Rules for several options together, in addition to the table's rules for each option. */
export const AUTH_RULES: readonly AuthRule[] = [
  {
    option: 'secrets.refresh',
    reads: ['secrets.access'],
    problem: ({ secrets }) => {
      const access = new Set([secrets.access].flat().map(symmetricBytes));
      const isShared = (secret: unknown) => symmetricBytes(secret) !== undefined && access.has(symmetricBytes(secret));
      return secrets.refresh.some(isShared) && 'equals secrets.access; each needs a secret of its own';
    },
  },
  {
    option: 'tokenFields',
    problem: ({ tokenFields }) =>
      new Set(Object.values(tokenFields)).size < Object.keys(tokenFields).length &&
      'gives two fields one name; give each a name of its own',
  },
  {
    option: 'ttl.access',
    reads: ['ttl.refresh'],
    problem: ({ ttl }) =>
      ttl.access >= ttl.refresh && 'is not shorter than ttl.refresh; minutes are usual, and days for the other',
  },
  {
    option: 'ttl.refresh',
    reads: ['ttl.session'],
    problem: ({ ttl }) =>
      ttl.refresh > ttl.session &&
      'is longer than ttl.session, which ends every session; shorten it or extend the other',
  },
  {
    option: 'ttl.grace',
    reads: ['ttl.refresh', 'clockTolerance'],
    problem: ({ ttl }) => ttl.grace >= ttl.refresh && 'is not shorter than ttl.refresh; a minute is enough',
  },
  {
    option: 'password.minLength',
    reads: ['password.maxLength'],
    problem: ({ password }) =>
      password.minLength > password.maxLength && 'is more than password.maxLength; lower it or raise the other',
  },
  {
    option: 'mailer',
    problem: ({ mailer }) =>
      process.env.NODE_ENV === 'production' &&
      mailer?.forDevelopment === true &&
      'is for development (ConsoleMailer writes links with tokens to the log); use NodemailerMailer or a mailer of your own',
  },
  {
    // Checked at boot; otherwise each registration would create an account and then fail.
    option: 'register.roles',
    problem: ({ register }) =>
      // Base64 needs 4 characters for 3. Other claims, header and signature take about a thousand.
      (JSON.stringify(register.roles).length * 4) / 3 > MAX_TOKEN_LENGTH - 1024 &&
      `makes access tokens longer than ${MAX_TOKEN_LENGTH} characters; give fewer`,
  },
];

/** In production, a store must not keep data in memory, unless the team allows it. */
export function notInMemory(option: 'userStore' | 'sessionStore' | 'ephemeralStore' | 'credentialStore'): AuthRule {
  return {
    option,
    problem: ({ [option]: store }) =>
      process.env.NODE_ENV === 'production' &&
      isMemoryStore(store) &&
      !store.allowInProduction &&
      'keeps everything in memory, which a restart loses; use a database, or memoryStores({ allowInProduction: true })',
  };
}
