import { checkCookies, cookieNameOf } from '../auth/cookie-fields.js';
import { readTable } from '../fields/composites.js';
import type { SettingsOf } from '../fields/field.js';
import { unknownOption } from '../fields/unknown-option.js';
import { OptionReader, type Rule } from '../option-reader.js';
import { isRecord } from '../value-kind.js';
import { RESOURCE_SERVER_OPTIONS } from './resource-server-option-table.js';
import type { ResourceServerOptions } from './resource-server-options.js';

type Read = SettingsOf<typeof RESOURCE_SERVER_OPTIONS>;

/** The options with every default filled in, and durations in seconds. */
export interface ResourceServerSettings
  extends Omit<Read, 'jwksTimeout' | 'jwksRefresh' | 'jwksMaxStale' | 'cookies' | 'policy'> {
  readonly cookies: Read['cookies'] & { readonly access: string };
  /** The option `policy`, if it is given. Without it, boot does not check policies. */
  readonly policyReview: Read['policy'] | undefined;
  readonly jwks: { readonly timeout: number; readonly refresh: number; readonly maxStale: number };
}

/** The options that shape the module, so a factory cannot return them. */
export const STATIC_OPTIONS = ['isGlobal', 'globalGuard'] as const;

const RULES: readonly Rule<Read>[] = [
  {
    option: 'jwksUri',
    problem: ({ jwksUri, keys }) => !jwksUri && !keys && "is missing; give the address of the issuer's keys, or keys",
  },
  {
    option: 'jwksUri',
    problem: ({ jwksUri, keys }) => jwksUri && keys && 'is given beside keys; leave one of them out',
  },
  {
    option: 'audience',
    problem: ({ audience }) => audience.length === 0 && 'is missing; write how the issuer names this service',
  },
  {
    // Otherwise the keys would already be too old at every refresh.
    option: 'jwksMaxStale',
    reads: ['jwksRefresh', 'jwksTimeout'],
    problem: ({ jwksUri, jwksMaxStale, jwksRefresh, jwksTimeout }) =>
      jwksUri !== undefined &&
      jwksMaxStale < jwksRefresh + jwksTimeout &&
      'is shorter than jwksRefresh and jwksTimeout together; several times as long is usual',
  },
];

/**
 * Fills in the defaults and checks everything.
 * @throws AuthError `invalid_configuration` naming every problem, its option and its remedy, but no secret
 */
export function resolveResourceServerSettings(given: ResourceServerOptions): ResourceServerSettings {
  const found = new OptionReader();
  if (!isRecord(given)) throw found.noOptions(given, 'createResourceServerOptions');
  const read = readTable(
    RESOURCE_SERVER_OPTIONS,
    given,
    found,
    '',
    unknownOption(given, STATIC_OPTIONS, ' of a resource server'),
  );
  found.check(RULES, read);
  checkCookies(given, read, found);
  if (found.any) throw found.error();
  const { jwksTimeout: timeout, jwksRefresh: refresh, jwksMaxStale: maxStale, policy, ...settings } = read;
  const cookies = { ...read.cookies, access: cookieNameOf('access', read.cookies) };
  const policyReview = given.policy === undefined ? undefined : policy;
  return { ...settings, cookies, policyReview, jwks: { timeout, refresh, maxStale } };
}
