import type { AttemptBudgets } from '../../core/limits/attempt-limit.js';
import type { Clock } from '../../core/time.js';
import { BcryptHasher } from '../../hashers/bcrypt-hasher.js';
import { group, readTable } from '../fields/composites.js';
import type { SettingsOf, Table } from '../fields/field.js';
import { unknownOption } from '../fields/unknown-option.js';
import { type FeatureRule, OptionReader } from '../option-reader.js';
import { isRecord } from '../value-kind.js';
import { AUTH_OPTIONS } from './auth-option-table.js';
import type { AuthOptions } from './auth-options.js';
import { AUTH_RULES, notInMemory } from './auth-rules.js';
import { type ConfigurableFeature, missingCapabilities } from './capabilities.js';
import { checkCookies, cookieNameOf } from './cookie-fields.js';

type Read = SettingsOf<typeof AUTH_OPTIONS>;

/** The options with every default filled in, and durations in seconds. */
export interface AuthSettings extends Omit<Read, 'password' | 'throttle' | 'cookies'> {
  /** The first secret seals, all open. */
  readonly refreshSecrets: Read['secrets']['refresh'];
  readonly cookies: Read['cookies'] & { readonly access: string; readonly refresh: string };
  /** The option `policy`, if it is given. Without it, boot does not check policies. */
  readonly policyReview: Read['policy'] | undefined;
  readonly password: Read['password'] & { readonly queue: number };
  readonly throttle: Read['throttle'] & AttemptBudgets;
  /** The settings of features with options of their own, by the feature's name. */
  readonly features: Readonly<Record<string, unknown>>;
}

/** The settings that every mode has. */
export type SharedSettings = Pick<
  AuthSettings,
  'issuer' | 'clock' | 'clockTolerance' | 'transport' | 'policyReview' | 'requestUser'
> & {
  readonly cookies: Pick<AuthSettings['cookies'], 'access' | 'secure' | 'origins'>;
};

/** The options that shape the module, so a factory cannot return them. */
export const STATIC_OPTIONS = ['isGlobal', 'globalGuard', 'routes', 'features'] as const;

/**
 * Fills in the defaults and checks everything.
 * @throws AuthError `invalid_configuration` naming every problem, its option and its remedy, but no secret
 */
export function resolveSettings(given: AuthOptions, features: readonly ConfigurableFeature[]): AuthSettings {
  const found = new OptionReader();
  if (!isRecord(given)) throw found.noOptions(given, 'createAuthModuleOptions');
  const tables = tablesOf(features, found);
  const read = readTable({ ...AUTH_OPTIONS, ...tables }, given, found, '', unknownOption(given, STATIC_OPTIONS));
  const ofFeatures = Object.keys(tables).map((name) => [name, Reflect.get(read, name)]);
  const settings = { ...derived(read, given), features: Object.fromEntries(ofFeatures) };

  found.check(AUTH_RULES, settings);
  checkCookies(given, read, found);
  found.check([notInMemory('userStore'), notInMemory('sessionStore')], settings);
  // The core itself stores nothing in them.
  for (const port of ['ephemeralStore', 'credentialStore'] as const)
    if (features.some(({ needs }) => needs?.[port])) found.check([notInMemory(port)], settings);
  for (const { name, rules = [], problem } of features) {
    checkFeature(rules, settings.features[name], settings.clock, found);
    const line = problem?.();
    if (line !== undefined) found.addLine(`features: ${line}`);
  }
  const isSound = (port: string) => found.isSound(port);
  for (const feature of features) {
    for (const line of missingCapabilities(feature, settings, isSound)) found.addLine(line);
  }
  if (found.any) throw found.error();
  return settings;
}

/** The options of features, by the names of the features. */
function tablesOf(features: readonly ConfigurableFeature[], found: OptionReader): Table {
  const tables = features.flatMap(({ name, options }) => {
    if (!options) return [];
    const isTaken = Object.hasOwn(AUTH_OPTIONS, name) || (STATIC_OPTIONS as readonly string[]).includes(name);
    if (!isTaken) return [[name, group(options)]];
    found.add('features', `has one named '${name}', which is an option of the module; rename it`);
    return [];
  });
  return Object.fromEntries(tables);
}

function checkFeature(
  rules: readonly FeatureRule<never>[],
  settings: unknown,
  clock: Clock,
  found: OptionReader,
): void {
  const asked = rules.map(({ problem, ...rule }) => ({ ...rule, problem: (own: never) => problem(own, clock()) }));
  found.check(asked, settings as never);
}

/** Fills in the defaults that follow from other options. */
function derived(read: Read, given: AuthOptions): Omit<AuthSettings, 'features'> {
  const { ttl, clockTolerance, cookies, password, throttle } = read;
  // If clocks may differ, a token that one process replaced must not seem too late to another.
  const skew = given.clockTolerance === undefined ? 0 : clockTolerance;
  const { address } = throttle;
  const times = (factor: number) => ({ ...address, points: factor * address.points });
  return {
    ...read,
    refreshSecrets: read.secrets.refresh,
    cookies: {
      ...cookies,
      access: cookieNameOf('access', cookies),
      refresh: cookieNameOf('refresh', cookies),
    },
    policyReview: given.policy === undefined ? undefined : read.policy,
    ttl: { ...ttl, grace: ttl.grace + skew },
    password: {
      ...password,
      accepts: [...password.accepts, new BcryptHasher()],
      queue: password.queue ?? 16 * password.concurrency,
    },
    throttle: {
      ...throttle,
      logins: throttle.logins ?? times(10),
      prefix56: throttle.prefix56 ?? times(10),
      prefix48: throttle.prefix48 ?? times(40),
    },
  };
}
