import { availableParallelism } from 'node:os';
import type { AuthRequest } from '../../core/auth-request.js';
import type { LimiterFactory } from '../../core/limits/attempt-limit.js';
import type { BeforeAttempt } from '../../core/limits/before-attempt.js';
import type { RegistrationSchema } from '../../core/login/registration-schema.js';
import type { IssuedClaims, RegisteredUser, Role } from '../../core/policy/principal.js';
import { BcryptHasher } from '../../hashers/bcrypt-hasher.js';
import { memoryStores } from '../../memory/memory-stores.js';
import type { CredentialStore } from '../../ports/credential-store.js';
import type { EphemeralStore } from '../../ports/ephemeral-store.js';
import type { Mailer } from '../../ports/mailer.js';
import type { PasswordHasher } from '../../ports/password-hasher.js';
import type { SessionStore } from '../../ports/session-store.js';
import type { UserStore } from '../../ports/user-store.js';
import { budget } from '../fields/budget.js';
import { group, list } from '../fields/composites.js';
import { typed } from '../fields/field.js';
import { duration, integer, orFalse } from '../fields/numbers.js';
import { accessKeys, sealingSecrets } from '../fields/secrets.js';
import { callback, choice, port, text, value } from '../fields/values.js';
import { CLOCK, REQUEST_USER } from '../shared-fields.js';
import { COOKIES, TRANSPORT } from './cookie-fields.js';
import { POLICY } from './policy-fields.js';
import { TOKEN_FIELDS } from './token-name-fields.js';

const HASHER = {
  type: typed<PasswordHasher>('PasswordHasher'),
  methods: ['hash', 'verify', 'recognises', 'needsRehash'],
  remedy: 'write new BcryptHasher(), or extend it',
} as const;

const PASSWORD = {
  minLength: integer({
    default: 12,
    min: 8,
    max: 64,
    doc: 'The shortest password, in characters. NIST SP 800-63B asks for 15 if nothing else protects the login, ASVS 5.0 for 8.',
  }),
  maxLength: integer({ default: 256, min: 64, max: 4096, doc: 'The longest password, in characters.' }),
  hasher: port({
    ...HASHER,
    make: () => new BcryptHasher(),
    shown: '`new BcryptHasher({ cost: 12 })`',
    doc: 'Makes new hashes. `Argon2Hasher` comes from `@acme/nest-auth/argon2` and needs `@node-rs/argon2`.',
  }),
  accepts: list(port(HASHER), {
    default: [],
    example: '[new Argon2Hasher()], for example',
    doc: 'Further schemes whose hashes are accepted. bcrypt always is.',
  }),
  concurrency: integer({
    make: () => Math.min(availableParallelism(), 3),
    shown: 'one per core, three at most',
    min: 1,
    max: 64,
    doc: 'How many hashes run at a time.',
  }),
  queue: integer({
    shown: '16 for each that runs',
    min: 0,
    max: 10_000,
    doc: 'How many hashes may wait; more are answered with 503. Accounts that logged in from the same address before have as many places of their own.',
  }),
};

const THROTTLE = {
  account: budget({ default: { points: 10, duration: '15m' }, doc: 'Attempts on one account.' }),
  address: budget({
    default: { points: 100, duration: '15m' },
    doc: 'Attempts from one address (IPv6: one /64). The right password gives its attempt back.',
  }),
  logins: budget({ shown: '10 times `address`', doc: 'Logins from one address, right or wrong.' }),
  prefix56: budget({ shown: '10 times `address`', doc: 'Logins from one IPv6 /56, right or wrong.' }),
  prefix48: budget({ shown: '40 times `address`', doc: 'Logins from one IPv6 /48, right or wrong.' }),
  key: callback({
    type: typed<(login: string, request: AuthRequest | undefined) => string>(
      '(login: string, request: AuthRequest | undefined) => string',
    ),
    isMethod: true,
    remedy: 'write (login, request) => a string that tells tenants apart',
    shown: 'the login',
    doc: "The name under which attempts are counted, for apps with tenants: `(login, request) => request.headers['x-tenant'] + ':' + login`. `login` is the user's id once the user is found. `request` is `undefined` if `AuthService` was called without `deviceOf(request)`.",
  }),
  limiter: callback({
    type: typed<LimiterFactory>('LimiterFactory'),
    remedy: 'write (options) => new RateLimiterRedis({ ...options, storeClient })',
    shown: 'in memory',
    doc: 'Makes the counters of attempts. To share them between processes: `(options) => new RateLimiterRedis({ ...options, storeClient })`.',
  }),
};

/** What the factory of `forRootAsync` returns. */
export const AUTH_OPTIONS = {
  userStore: port({
    type: typed<UserStore<RegisteredUser>>('UserStore<RegisteredUser>'),
    methods: ['findById', 'findByLogin', 'create', 'setPasswordHash'],
    required: true,
    missing: 'is missing; pass your own, or ...memoryStores() to try the library out',
    doc: 'The users table. The only store an app must bring.',
  }),
  sessionStore: port({
    type: typed<SessionStore>('SessionStore'),
    methods: ['create', 'find', 'advance', 'reauthenticate', 'revoke', 'revokeAll', 'listActive', 'deleteExpired'],
    make: () => memoryStores().sessionStore,
    shown: 'in memory, which production refuses',
    doc: 'Where sessions are stored.',
  }),
  ephemeralStore: port({
    type: typed<EphemeralStore>('EphemeralStore'),
    methods: ['put', 'take', 'putIfAbsent', 'get'],
    make: () => memoryStores().ephemeralStore,
    shown: 'in memory, which production refuses if a feature uses it',
    doc: 'Short-lived values of features. The core keeps none.',
  }),
  credentialStore: port({
    type: typed<CredentialStore>('CredentialStore'),
    methods: ['create', 'find', 'list', 'update', 'delete', 'deleteAll'],
    make: () => memoryStores().credentialStore,
    shown: 'in memory, which production refuses if a feature uses it',
    doc: 'Further credentials of users, for features. The core keeps none.',
  }),
  mailer: port({ type: typed<Mailer>('Mailer'), methods: ['send'], doc: 'How features send mail.' }),
  secrets: group({
    access: accessKeys({
      doc: 'Signs access tokens: a secret of 32 random bytes (HS256), a key (pair) with its `alg`, or a list. The first signs, all verify.',
    }),
    refresh: sealingSecrets({
      doc: 'Seals refresh tokens: another secret, or a list. The first seals, all open. Keys for each purpose are derived from it.',
    }),
  }),
  ttl: group({
    access: duration({ default: '15m', min: '1s', max: '1d', doc: 'Life of an access token.' }),
    refresh: duration({ default: '30d', min: '1m', max: '400d', doc: 'How long a session may stay unused.' }),
    session: duration({
      default: '90d',
      min: '1m',
      max: '800d',
      doc: 'How long a session may last in total, however often it is used.',
    }),
    browser: duration({
      default: '12h',
      min: '1m',
      max: '30d',
      doc: 'How long a session may last in total if its user does not want to be remembered (`remember: false`); `ttl.session` at most.',
    }),
    grace: duration({
      default: '60s',
      min: 0,
      max: '10m',
      doc: 'How long a replaced refresh token still returns its successor.',
    }),
  }),
  issuer: text({
    example: 'the address of the app that issues the tokens, or leave it out',
    doc: 'Written into access tokens as `iss`, which tokens must then have. Also the realm of challenges.',
  }),
  audience: list(text({ example: 'the name of the API, or leave it out' }), {
    orOne: true,
    make: () => [],
    doc: 'The first is written into access tokens as `aud`. Tokens must then have one of them.',
  }),
  clockTolerance: duration({
    default: '5s',
    min: 0,
    max: '1m',
    doc: 'Allowed clock difference. Setting it also extends `ttl.grace` by the same amount.',
  }),
  claims: callback({
    type: typed<(user: RegisteredUser) => IssuedClaims | Promise<IssuedClaims>>(
      '(user: RegisteredUser) => IssuedClaims | Promise<IssuedClaims>',
    ),
    remedy: 'write (user) => ({ … })',
    doc: "Further claims of an access token. They cannot replace the library's own.",
  }),
  revocation: choice({
    of: ['immediate', 'strict', 'eventual'],
    default: 'immediate',
    doc: "When a logout ends access tokens. `'immediate'`: at once here, within a second in other processes; 503 if the store has not answered for 3 seconds. `'strict'`: the store is asked on each request. `'eventual'`: when they expire.",
  }),
  sessions: group({
    max: integer({
      default: 100,
      min: 1,
      max: 10_000,
      doc: 'How many live sessions a user may have at a time: one per device.',
    }),
    whenFull: choice({
      of: ['end-oldest', 'refuse'],
      default: 'end-oldest',
      doc: "What a login beyond `max` does: end the user's oldest sessions, or answer `too_many_sessions`.",
    }),
  }),
  transport: TRANSPORT,
  cookies: group(COOKIES),
  password: group(PASSWORD),
  throttle: group(THROTTLE),
  policy: POLICY,
  beforeAttempt: callback({
    type: typed<BeforeAttempt>('BeforeAttempt'),
    remedy: 'write ({ action, request }) => { … } that throws to refuse the attempt',
    doc: "Called before an attempt is counted or hashed, to ask for a captcha, for example. `action` is `'login'`, `'register'`, `'password_change'` or a limit of a feature. To refuse, it throws, or returns `false` (403 `attempt_refused`). It may take as long as `storeTimeout`.",
  }),
  register: group({
    schema: value({
      type: typed<RegistrationSchema>('RegistrationSchema'),
      fits: (given) => typeof given === 'function' || '~standard' in Object(given),
      remedy: 'pass a Standard Schema (zod …) or a class with class-validator decorators',
      doc: 'Further fields of a registration, as a Standard Schema (zod …) or a class-validator class.',
    }),
    roles: list(text({ type: typed<Role>('Role'), example: "'user', for example" }), {
      default: [],
      example: "['user'], for example",
      doc: 'The roles of a new user.',
    }),
  }),
  tokenFields: TOKEN_FIELDS,
  requestUser: REQUEST_USER,
  loginField: text({
    default: 'email',
    example: "'email' or 'username'",
    check: (name) =>
      /^[A-Za-z][A-Za-z0-9_]*$/.test(name) && name !== 'password'
        ? undefined
        : "is not a valid field name; write 'email' or 'username'",
    doc: "The login's name in bodies and answers. With `'email'`, a login must be an e-mail address.",
  }),
  profile: callback({
    type: typed<(user: RegisteredUser) => Record<string, unknown>>('(user: RegisteredUser) => Record<string, unknown>'),
    remedy: 'write (user) => ({ … })',
    doc: 'Further fields of `GET /auth/me`.',
  }),
  housekeeping: orFalse(
    duration({
      default: '1h',
      min: '1s',
      max: '14d',
      doc: 'How often the stores delete expired entries. `false`: call `SessionService.deleteExpired()` and `deleteExpired()` of the ephemeral store yourself.',
    }),
  ),
  storeTimeout: duration({
    default: '5s',
    min: '1s',
    max: '1m',
    doc: 'How long a store may take before the answer is 503.',
  }),
  clock: CLOCK,
};
