import { availableParallelism } from 'node:os';
import type { AttemptBudget, AttemptBudgets } from '../core/attempt-limit.js';
import type { SessionLimitOptions } from '../core/session-limit.js';
import type { Clock } from '../core/time.js';
import { readKeys } from '../core/tokens/key-ring.js';
import { weakness } from '../core/tokens/secret.js';
import { MAX_TOKEN_LENGTH } from '../core/tokens/token-verifier.js';
import { BcryptHasher } from '../hashers/bcrypt-hasher.js';
import { isMemoryStore } from '../memory/memory-store.js';
import { memoryStores } from '../memory/memory-stores.js';
import type { CredentialStore } from '../ports/credential-store.js';
import type { EphemeralStore } from '../ports/ephemeral-store.js';
import type { PasswordHasher } from '../ports/password-hasher.js';
import type { SessionStore } from '../ports/session-store.js';
import type { AuthOptions } from './auth-options.js';
import { missingCapabilities, type Needing } from './capabilities.js';
import { OptionReader, type SocketSettings } from './option-reader.js';
import { wellShaped } from './option-shapes.js';
import { insteadOfInstance, isRecord, kindOf } from './value-kind.js';

/** The options with every default filled in, and durations in seconds. */
export interface AuthSettings
  extends Required<Pick<AuthOptions, 'userStore' | 'loginField' | 'revocation' | 'secrets'>>,
    Pick<AuthOptions, 'mailer' | 'issuer' | 'claims' | 'profile'> {
  readonly sessionStore: SessionStore;
  readonly ephemeralStore: EphemeralStore;
  readonly credentialStore: CredentialStore;
  readonly refreshSecrets: readonly Exclude<AuthOptions['secrets']['refresh'], readonly unknown[]>[];
  readonly ttl: { readonly access: number; readonly refresh: number; readonly session: number; readonly grace: number };
  readonly audience: readonly string[];
  readonly clockTolerance: number;
  readonly sessions: SessionLimitOptions;
  readonly sockets: SocketSettings;
  readonly password: {
    readonly minLength: number;
    readonly maxLength: number;
    readonly hasher: PasswordHasher;
    readonly accepts: readonly PasswordHasher[];
    readonly concurrency: number;
    readonly queue: number;
  };
  readonly throttle: Pick<NonNullable<AuthOptions['throttle']>, 'key' | 'limiter'> & AttemptBudgets;
  readonly register: NonNullable<AuthOptions['register']> & { readonly roles: readonly string[] };
  /** The checked options of features, by their names. */
  readonly features: Readonly<Record<string, unknown>>;
  readonly housekeeping: number | false;
  readonly storeTimeout: number;
  readonly clock: Clock;
}

/** What the settings of every mode have. */
export type SharedSettings = Pick<AuthSettings, 'issuer' | 'clock' | 'sockets'>;

const DAY = 24 * 60 * 60;
/** The names of the options that are values, with spaces between. */
export const OPTIONS =
  'userStore sessionStore ephemeralStore credentialStore mailer secrets ttl issuer audience clockTolerance claims revocation sessions sockets password throttle register loginField profile housekeeping storeTimeout clock passwordReset';
const PARTS: Record<string, string> = {
  secrets: 'access refresh',
  ttl: 'access refresh session grace',
  sessions: 'max whenFull',
  sockets: 'cookie origins',
  password: 'minLength maxLength hasher accepts concurrency queue',
  throttle: 'account address logins prefix56 prefix48 key limiter',
  register: 'schema roles',
};
export const STATIC = ['isGlobal', 'globalGuard', 'routes', 'features'];

/**
 * Fills in the defaults and checks everything.
 * @throws AuthError `invalid_configuration` naming every problem, its option and its remedy, and no secret
 */
export function resolveSettings(given: AuthOptions, features: readonly Needing[]): AuthSettings {
  const found = new OptionReader();
  if (!isRecord(given)) throw found.noOptions(given, 'createAuthModuleOptions');
  findUnknown(given, found);
  const options = wellShaped(given, found);
  const memory = memoryStores();
  const { sessionStore = memory.sessionStore, ephemeralStore = memory.ephemeralStore } = options;
  const { credentialStore = memory.credentialStore } = options;
  const { password = {}, throttle = {}, register = {} } = options;
  const concurrency = password.concurrency ?? Math.min(availableParallelism(), 3);
  const ttl = options.ttl ?? {};
  const clockTolerance = found.duration('clockTolerance', options.clockTolerance ?? '5s', 0, 60);
  // If clocks may differ, a token that one process replaced must not look late to another.
  const skew = options.clockTolerance === undefined ? 0 : clockTolerance;

  const settings: AuthSettings = {
    ...options,
    sessionStore,
    ephemeralStore,
    credentialStore,
    refreshSecrets: [options.secrets?.refresh ?? []].flat(),
    ttl: {
      access: found.duration('ttl.access', ttl.access ?? '15m', 1, DAY),
      refresh: found.duration('ttl.refresh', ttl.refresh ?? '30d', 60, 400 * DAY),
      session: found.duration('ttl.session', ttl.session ?? '90d', 60, 800 * DAY),
      grace: found.duration('ttl.grace', ttl.grace ?? '60s', 0, 600) + skew,
    },
    audience: [options.audience ?? []].flat(),
    clockTolerance,
    revocation: options.revocation ?? 'immediate',
    sessions: {
      max: found.integer('sessions.max', options.sessions?.max ?? 100, 1, 10_000),
      whenFull: options.sessions?.whenFull ?? 'end-oldest',
    },
    features: Object.fromEntries(
      features.map(({ name }) => [name, { page: 'https://app.example.org/reset', ttl: 1800 }]),
    ),
    sockets: found.sockets(options.sockets),
    password: {
      minLength: found.integer('password.minLength', password.minLength ?? 12, 8, 64),
      maxLength: found.integer('password.maxLength', password.maxLength ?? 256, 64, 4096),
      hasher: password.hasher ?? new BcryptHasher(),
      accepts: [...(password.accepts ?? []), new BcryptHasher()],
      concurrency: found.integer('password.concurrency', concurrency, 1, 64),
      queue: found.integer('password.queue', password.queue ?? 16 * concurrency, 0, 10_000),
    },
    throttle: readThrottle(throttle, found),
    register: { ...register, roles: register.roles ?? [] },
    loginField: options.loginField ?? 'email',
    housekeeping:
      options.housekeeping === false
        ? false
        : found.duration('housekeeping', options.housekeeping ?? '1h', 1, 14 * DAY),
    storeTimeout: found.duration('storeTimeout', options.storeTimeout ?? '5s', 1, 60),
    clock: options.clock ?? Date.now,
  };

  checkStores(settings, features, found);
  if (options.secrets === given.secrets) checkSecrets(settings, found);
  checkRest(settings, found);
  if (found.any) throw found.error();
  return settings;
}

function readThrottle(given: NonNullable<AuthOptions['throttle']>, found: OptionReader): AuthSettings['throttle'] {
  const address = found.budget('throttle.address', given.address ?? { points: 100, duration: '15m' });
  const budget = (name: 'logins' | 'prefix56' | 'prefix48', factor: number): AttemptBudget => {
    const own = given[name];
    return own ? found.budget(`throttle.${name}`, own) : { ...address, points: factor * address.points };
  };
  if (given.key !== undefined && typeof given.key !== 'function')
    found.add('throttle.key', 'is not a function; write (login, request) => a string that tells tenants apart');
  return {
    limiter: given.limiter,
    key: given.key,
    account: found.budget('throttle.account', given.account ?? { points: 10, duration: '15m' }),
    address,
    logins: budget('logins', 10),
    prefix56: budget('prefix56', 10),
    prefix48: budget('prefix48', 40),
  };
}

function findUnknown(options: AuthOptions, found: OptionReader): void {
  const unknown = (given: object, known: string) => Object.keys(given).filter((key) => !known.split(' ').includes(key));
  for (const key of unknown(options, OPTIONS)) {
    if (STATIC.includes(key)) found.add(key, 'shapes the module; write it beside useFactory, not into what it returns');
    else found.add(key, `is no option; there are ${OPTIONS.replaceAll(' ', ', ')}`);
  }
  for (const [part, known] of Object.entries(PARTS)) {
    const given = options[part as keyof AuthOptions];
    if (typeof given !== 'object' || given === null) continue;
    for (const key of unknown(given, known))
      found.add(`${part}.${key}`, `is no option; there are ${known.replaceAll(' ', ', ')}`);
  }
}

function checkStores(settings: AuthSettings, features: readonly Needing[], found: OptionReader): void {
  const methods = {
    userStore: ['findById', 'findByLogin', 'create', 'setPasswordHash'],
    sessionStore: ['create', 'find', 'advance', 'revoke', 'revokeAll', 'listActive', 'deleteExpired'],
    ephemeralStore: ['put', 'take', 'putIfAbsent', 'get'],
    credentialStore: ['create', 'find', 'list', 'update', 'delete', 'deleteAll'],
  } as const;
  // The core itself keeps nothing in these.
  const ofFeatures = (['ephemeralStore', 'credentialStore'] as const).filter((port) =>
    features.some(({ needs }) => needs?.[port]),
  );
  const needed: string[] = ['userStore', 'sessionStore', ...ofFeatures];
  for (const port of ['userStore', 'sessionStore', 'ephemeralStore', 'credentialStore'] as const) {
    const store: object | undefined = settings[port];
    if (store === undefined || store === null) {
      found.add(port, 'is missing; pass your own, or ...memoryStores() to try the library out');
      continue;
    }
    const instead = insteadOfInstance(store);
    if (instead) {
      found.add(port, instead);
      continue;
    }
    const lacking = methods[port].filter((method) => typeof Reflect.get(store, method) !== 'function');
    if (lacking.length > 0) found.add(port, `lacks ${lacking.join(', ')}`);
    if (
      process.env.NODE_ENV === 'production' &&
      needed.includes(port) &&
      isMemoryStore(store) &&
      !store.allowInProduction
    ) {
      found.add(
        port,
        'keeps everything in memory, which a restart loses; use a database, or memoryStores({ allowInProduction: true })',
      );
    }
  }
  if (insteadOfInstance(settings.userStore) || insteadOfInstance(settings.sessionStore)) return;
  for (const feature of features) for (const problem of missingCapabilities(feature, settings)) found.addLine(problem);
}

function checkSecrets({ secrets, refreshSecrets }: AuthSettings, found: OptionReader): void {
  if (isMissing(secrets?.access)) found.add('secrets.access', MISSING);
  else for (const problem of readKeys(secrets.access).problems) found.addLine(`secrets.access${problem}`);
  if (refreshSecrets.length === 0 || isMissing(secrets.refresh)) found.add('secrets.refresh', MISSING);
  else {
    for (const secret of refreshSecrets) {
      const isSecret = typeof secret === 'string' || secret?.type === 'secret';
      const problem = isSecret ? weakness(secret, 32) : `is ${kindOf(secret)}; give a string of 32 random bytes`;
      if (problem) found.add('secrets.refresh', problem);
    }
  }
  const access = new Set([secrets?.access].flat().map(symmetricBytes));
  const isShared = (secret: unknown) => symmetricBytes(secret) !== undefined && access.has(symmetricBytes(secret));
  if (refreshSecrets.some(isShared))
    found.add('secrets.refresh', 'equals secrets.access; each needs a secret of its own');
}

const MISSING =
  'is missing (is the environment variable set?); make one with: node -p "crypto.randomBytes(32).toString(\'base64url\')"';

/** Whether it is an environment variable that is not set: by itself, in a list or in a key. */
function isMissing(secret: unknown): boolean {
  if (secret === undefined || secret === null || secret === '') return true;
  if (Array.isArray(secret)) return secret.length > 0 && secret.every(isMissing);
  return isRecord(secret) && 'secret' in secret && isMissing(secret.secret);
}

/** The bytes of a symmetric key in whichever form it was given, to compare them; `undefined` for anything else. */
function symmetricBytes(key: unknown): string | undefined {
  if (typeof key === 'string') return key === '' ? undefined : Buffer.from(key).toString('base64');
  if (typeof key !== 'object' || key === null) return undefined;
  if ('secret' in key) return symmetricBytes(key.secret);
  if (!('type' in key && key.type === 'secret' && 'export' in key && typeof key.export === 'function'))
    return undefined;
  return Buffer.from(key.export()).toString('base64');
}

function checkRest(settings: AuthSettings, found: OptionReader): void {
  const { ttl, password, register, revocation, loginField, issuer, audience } = settings;
  if (ttl.access >= ttl.refresh)
    found.add('ttl.access', 'is not shorter than ttl.refresh; minutes are usual, and days for the other');
  if (ttl.refresh > ttl.session) found.add('ttl.refresh', 'is longer than ttl.session, which ends every session');
  if (ttl.grace >= ttl.refresh) found.add('ttl.grace', 'is not shorter than ttl.refresh; a minute is enough');
  if (password.minLength > password.maxLength) found.add('password.minLength', 'is more than password.maxLength');
  if (!['immediate', 'strict', 'eventual'].includes(revocation))
    found.add('revocation', "is none of 'immediate', 'strict', 'eventual'");
  if (!['end-oldest', 'refuse'].includes(settings.sessions.whenFull))
    found.add('sessions.whenFull', "must be 'end-oldest' or 'refuse'");
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(loginField) || loginField === 'password')
    found.add('loginField', "is no name for a field; write 'email' or 'username'");
  if (issuer !== undefined && (typeof issuer !== 'string' || issuer === ''))
    found.add('issuer', 'is empty; leave it out or name yourself');
  if (audience.some((name) => typeof name !== 'string' || name === ''))
    found.add('audience', 'has an empty name; leave it out or name the API');
  checkRoles(register.roles, found);
  checkHashers(password, found);
  if (settings.mailer !== undefined) {
    const instead = insteadOfInstance(settings.mailer);
    if (instead) found.add('mailer', instead);
    else if (typeof settings.mailer.send !== 'function') found.add('mailer', 'lacks send');
  }
}

function checkHashers({ hasher, accepts }: AuthSettings['password'], found: OptionReader): void {
  for (const [option, one] of [['password.hasher', hasher], ...accepts.map((other) => ['password.accepts', other])] as [
    string,
    PasswordHasher,
  ][]) {
    const instead = insteadOfInstance(one);
    const lacking = ['hash', 'verify', 'recognises', 'needsRehash'].filter(
      (method) => typeof Reflect.get(Object(one), method) !== 'function',
    );
    if (instead) found.add(option, instead.replace(/; .*/, '; write new BcryptHasher() or the like'));
    else if (lacking.length > 0) found.add(option, `lacks ${lacking.join(', ')}; extend BcryptHasher or Argon2Hasher`);
  }
}

/** Checked at boot; otherwise each registration would make an account and then fail. */
function checkRoles(roles: unknown, found: OptionReader): void {
  if (!Array.isArray(roles) || ![...roles].every((role) => typeof role === 'string' && role !== ''))
    found.add('register.roles', "is not a list of names; write ['user'] or the like");
  // Base64 needs 4 characters for 3. Other claims, header and signature take about a thousand.
  else if ((JSON.stringify(roles).length * 4) / 3 > MAX_TOKEN_LENGTH - 1024)
    found.add('register.roles', `makes access tokens longer than ${MAX_TOKEN_LENGTH} characters; give fewer`);
}
