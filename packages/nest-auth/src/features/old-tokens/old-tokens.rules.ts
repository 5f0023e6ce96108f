import type { FeatureRule, SettingsOf } from '@acme/nest-auth';
import { readOldKey } from './old-key.js';
import type { OLD_TOKENS_OPTIONS } from './old-tokens.options.js';

/** How far ahead `until` may be, in milliseconds. */
export const MAX_UNTIL_AHEAD = 400 * 24 * 60 * 60 * 1000;

/** Rules about several options of `oldTokens` together. */
export const OLD_TOKENS_RULES: readonly FeatureRule<SettingsOf<typeof OLD_TOKENS_OPTIONS>>[] = [
  {
    option: 'oldTokens.until',
    problem: ({ until }) => !isTime(until) && "is not a day; write it as in '2027-03-31', or a Date",
  },
  {
    option: 'oldTokens.until',
    problem: ({ until }, now) =>
      new Date(until).getTime() > now + MAX_UNTIL_AHEAD && 'is more than 400 days ahead; write an earlier day',
  },
  {
    option: 'oldTokens.access',
    reads: ['oldTokens.refresh'],
    problem: ({ access, refresh }) =>
      !access && !refresh && 'is missing, and so is oldTokens.refresh; give one of them, or leave the feature out',
  },
  {
    option: 'oldTokens.access.key',
    reads: ['oldTokens.access.alg'],
    problem: ({ access }) => {
      const key = access && readOldKey(access.key, access.alg);
      return typeof key === 'string' && key;
    },
  },
  {
    // One key may have signed both kinds: then an old refresh token, which lives for weeks, would open every route.
    option: 'oldTokens.access.user',
    reads: ['oldTokens.refresh'],
    problem: ({ access, refresh }) =>
      access &&
      refresh &&
      !access.user &&
      "must tell access tokens from refresh tokens: write ({ sub, type }) => (type === 'refresh' ? null : sub), with the claim by which yours differ; write ({ sub }) => sub if refresh tokens had a key of their own",
  },
];

function isTime(until: string | Date): boolean {
  const isWritten = until instanceof Date || /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(until);
  return isWritten && !Number.isNaN(new Date(until).getTime());
}
