import { type FeatureRule, option, type SettingsOf } from '@acme/nest-auth';

/** The options below `apiKeys`. */
export const API_KEYS_OPTIONS = {
  environment: option.choice({
    of: ['live', 'test'],
    default: 'live',
    doc: 'The second word of every key, as in `nak_live_…`. Keys of the other environment are refused without asking the store.',
  }),
  max: option.integer({ default: 20, min: 1, max: 1000, doc: 'The most keys of a user. Replaced keys do not count.' }),
  ttl: option.duration({ default: '90d', min: '1m', max: '3650d', doc: 'How long a key works by default.' }),
  maxTtl: option.duration({ default: '365d', min: '1m', max: '3650d', doc: 'The longest time that can be requested.' }),
  overlap: option.duration({
    default: '24h',
    min: 0,
    max: '30d',
    doc: 'How long a key still works after a rotation has replaced it.',
  }),
};

export const API_KEYS_RULES: readonly FeatureRule<SettingsOf<typeof API_KEYS_OPTIONS>>[] = [
  {
    option: 'apiKeys.ttl',
    reads: ['apiKeys.maxTtl'],
    problem: ({ ttl, maxTtl }) => ttl > maxTtl && 'is longer than apiKeys.maxTtl; shorten it, or raise apiKeys.maxTtl',
  },
];
